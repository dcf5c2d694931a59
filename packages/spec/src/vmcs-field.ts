import type { FieldRequirement, VmcsFieldDef, VmcsFieldType, VmcsFieldWidth } from "./vmcs-field-def.ts";
import { VMCS_FIELDS, type VmcsField } from "./vmcs-fields.ts";

const WIDTH_CODE = { "16": 0, "64": 1, "32": 2, natural: 3 } as const satisfies Record<VmcsFieldWidth, number>;
const TYPE_CODE = { control: 0, readOnly: 1, guest: 2, host: 3 } as const satisfies Record<VmcsFieldType, number>;
const WIDTH_BYTES = { "16": 2, "64": 8, "32": 4, natural: 8 } as const satisfies Record<VmcsFieldWidth, number>;

/** What an encoding names: a field, or the high half of a 64-bit field. */
export type VmcsFieldAccess = { readonly name: VmcsField; readonly high: boolean };

/** Bits of an encoding that no field may set; VMREAD of such an encoding names no component. */
export const VMCS_ENCODING_RESERVED = 0xffff_9000;

/** All field names in table order; a name's place is its dense index. */
export const VMCS_FIELD_NAMES = Object.keys(VMCS_FIELDS) as readonly VmcsField[];

const DENSE_INDEX = new Map(VMCS_FIELD_NAMES.map((name, index) => [name, index]));
const BY_ENCODING = new Map(VMCS_FIELD_NAMES.flatMap(accessesOf));

/** The record of a field with its optional parts visible to the type checker. */
export function vmcsFieldDef(name: VmcsField): VmcsFieldDef {
  return VMCS_FIELDS[name];
}

/** Place of a field in `VMCS_FIELD_NAMES`, for storage indexed by field. */
export function fieldIndex(name: VmcsField): number {
  return DENSE_INDEX.get(name) as number;
}

/** The encoding that VMREAD and VMWRITE take for full access. */
export function encodingOf(name: VmcsField): number {
  const { width, type, index } = VMCS_FIELDS[name];
  return (WIDTH_CODE[width] << 13) | (TYPE_CODE[type] << 10) | (index << 1);
}

/** The field an encoding names, and whether it names its high half; undefined if it names none. */
export function fieldOfEncoding(encoding: number): VmcsFieldAccess | undefined {
  return BY_ENCODING.get(encoding);
}

/** Bytes a field holds on a processor with Intel 64, where natural width is 8. */
export function widthBytes(name: VmcsField): 2 | 4 | 8 {
  return WIDTH_BYTES[VMCS_FIELDS[name].width];
}

/** Any one of these capabilities makes the field exist; empty if it always does. */
export function requirementsOf(name: VmcsField): readonly FieldRequirement[] {
  return vmcsFieldDef(name).requires ?? [];
}

/** Whether a field exists on a processor, told which capabilities that processor has. */
export function fieldExists(name: VmcsField, supports: (requirement: FieldRequirement) => boolean): boolean {
  const requirements = requirementsOf(name);
  return requirements.length === 0 || requirements.some(supports);
}

/** What IA32_VMX_VMCS_ENUM shows for a set of supported fields: their highest index, in bits 9:1. */
export function vmcsEnumOf(fields: Iterable<VmcsField>): number {
  let highest = 0;
  for (const name of fields) highest = Math.max(highest, VMCS_FIELDS[name].index);
  return highest << 1;
}

function accessesOf(name: VmcsField): [number, VmcsFieldAccess][] {
  const full = encodingOf(name);
  const accesses: [number, VmcsFieldAccess][] = [[full, { name, high: false }]];
  if (VMCS_FIELDS[name].width === "64") accesses.push([full | 1, { name, high: true }]);
  return accesses;
}
