import { VMCB_PARTS } from "@hvdiff/nested";
import {
  CONTROL_REGISTER_BITS,
  CONTROL_WORDS,
  VMCB_FIELDS,
  VMCB_SAVE_AREA,
  VMCS_FIELD_NAMES,
  VMCS_FIELDS,
  type VmcbField,
} from "@hvdiff/spec";
import type { StructureBit, StructureField } from "../results.ts";

const GROUPS = {
  guest: "Guest state",
  host: "Host state",
  control: "Controls",
  readOnly: "Exit information",
} as const;

const CONTROL_REGISTER = /cr([04])(?:readshadow|guesthostmask)?$/i;

function bitsOf(field: string): StructureBit[] {
  const word = Object.values(CONTROL_WORDS).find((def) => def.field === field);
  if (word !== undefined) return Object.values(word.bits).map(({ bit, sdmName }) => ({ bit, name: sdmName }));
  const [, register] = CONTROL_REGISTER.exec(field) ?? [];
  if (register !== "0" && register !== "4") return [];
  return Object.entries(CONTROL_REGISTER_BITS[`cr${register}`]).map(([name, bit]) => ({ bit, name }));
}

/** Every field of a VMCS, in the manual's order. */
export function vmcsFields(): StructureField[] {
  return VMCS_FIELD_NAMES.map((name) => {
    const { title, type, sdm } = VMCS_FIELDS[name];
    return { name, title, group: GROUPS[type], manual: `SDM ${sdm}`, bits: bitsOf(name) };
  });
}

/** Every field of a VMCB, segments by their parts. */
export function vmcbFields(): StructureField[] {
  return VMCB_PARTS.map(({ name, offset }) => {
    const field = name.replace(/(?:Selector|Attributes|Limit|Base)$/, "");
    const def = VMCB_FIELDS[(name in VMCB_FIELDS ? name : field) as VmcbField];
    const group = offset < VMCB_SAVE_AREA ? "Control area" : "State save area";
    return { name, title: name, group, manual: `APM ${def.apm}`, bits: bitsOf(name) };
  });
}
