import type { CpuModel } from "@hvdiff/cpu";
import {
  CONTROL_WORD_NAMES,
  type ControlWord,
  type ControlWordDef,
  CPUID_WORDS,
  type CpuidWordDef,
  controlWordDef,
  hex,
  type MsrFieldDefs,
  type MsrName,
  msrAddress,
  msrFieldOf,
  VMX_BASIC,
  VMX_EPT_VPID_CAP,
  VMX_MISC,
  VMX_VMFUNC,
} from "@hvdiff/spec";
import { EFER_SOURCE } from "./efer-bits.ts";
import type { CapabilityState } from "./results.ts";
import { type ShownModel, VM_CR_SOURCE } from "./vm-cr.ts";

/** One register that says what a processor can do, as the capability lens shows it. */
export interface CapabilitySource {
  readonly title: string;
  readonly source: string;
  readonly bits: readonly {
    readonly bit: number;
    readonly label: string;
    readonly name: string;
    readonly qemu?: string;
  }[];
  readonly fields: readonly { readonly label: string; read(raw: bigint | null): string }[];
  /** Address of the MSR that says which bits of this one's default settings may be cleared. */
  readonly trueMsr?: number;
  /** 64-bit value; null where the model has no such register. */
  raw(model: ShownModel): bigint | null;
  stateOf(model: ShownModel, bit: number): CapabilityState;
}

function msrOf(model: CpuModel, name: MsrName): bigint | null {
  return model.msrs.get(msrAddress(name)) ?? null;
}

function isSet(value: bigint | null, bit: number): boolean {
  return value !== null && ((value >> BigInt(bit)) & 1n) !== 0n;
}

/** vmxcap's rule: must be 1 is "forced" unless the TRUE MSR lets it go ("default"); may be 1 is "yes". */
function controlState(model: CpuModel, def: ControlWordDef, bit: number): CapabilityState {
  const value = msrOf(model, def.capabilityMsr);
  if (def.capabilityFormat === "allowed1") return isSet(value, bit) ? "yes" : "no";
  if (!isSet(value, bit + 32)) return "no";
  if (!isSet(value, bit)) return "yes";
  const relaxed = def.trueCapabilityMsr === undefined ? value : (msrOf(model, def.trueCapabilityMsr) ?? value);
  return isSet(relaxed, bit) ? "forced" : "default";
}

function msrSourceName(name: MsrName): string {
  return `${name} (${hex(msrAddress(name))})`;
}

function controlSource(word: ControlWord): CapabilitySource {
  const def = controlWordDef(word);
  return {
    title: def.vmxcap ?? def.title,
    source: msrSourceName(def.capabilityMsr),
    bits: Object.entries(def.bits).map(([, bit]) => ({
      bit: bit.bit,
      label: bit.vmxcap ?? bit.sdmName,
      name: bit.sdmName,
      ...(bit.qemu === undefined ? {} : { qemu: bit.qemu }),
    })),
    fields: [],
    ...(def.trueCapabilityMsr === undefined ? {} : { trueMsr: msrAddress(def.trueCapabilityMsr) }),
    raw: (model) => msrOf(model, def.capabilityMsr),
    stateOf: (model, bit) => controlState(model, def, bit),
  };
}

function fieldSource(title: string, name: MsrName, defs: MsrFieldDefs): CapabilitySource {
  const entries = Object.values(defs);
  return {
    title,
    source: msrSourceName(name),
    bits: entries
      .filter((def) => def.low === def.high)
      .map((def) => ({
        bit: def.low,
        label: def.vmxcap ?? def.title,
        name: def.title,
        ...(def.qemu === undefined ? {} : { qemu: def.qemu }),
      })),
    fields: entries
      .filter((def) => def.low !== def.high)
      .map((def) => ({
        label: def.vmxcap ?? def.title,
        read: (raw: bigint | null) => (raw === null ? "absent" : hex(msrFieldOf(def, raw))),
      })),
    raw: (model) => msrOf(model, name),
    stateOf: (model, bit) => (isSet(msrOf(model, name), bit) ? "yes" : "no"),
  };
}

function wholeValueSource(title: string, name: MsrName): CapabilitySource {
  return {
    title,
    source: msrSourceName(name),
    bits: [],
    fields: [{ label: title, read: (raw) => (raw === null ? "absent" : hex(raw)) }],
    raw: (model) => msrOf(model, name),
    stateOf: () => "no",
  };
}

function cpuidOf(model: CpuModel, word: CpuidWordDef): bigint | null {
  const entry = model.cpuid.find(
    (known) => known.leaf >>> 0 === word.leaf >>> 0 && known.subleaf === (word.subleaf ?? 0),
  );
  return entry === undefined ? null : BigInt(entry[word.register] >>> 0);
}

function cpuidSource(word: CpuidWordDef): CapabilitySource {
  const name = `CPUID.${hex(word.leaf)}${word.subleaf === undefined ? "" : `.${word.subleaf}`}:${word.register.toUpperCase()}`;
  return {
    title: name,
    source: name,
    bits: Object.entries(word.bits).map(([feature, bit]) => ({ bit, label: feature, name: feature, qemu: feature })),
    fields: [],
    raw: (model) => cpuidOf(model, word),
    stateOf: (model, bit) => (isSet(cpuidOf(model, word), bit) ? "yes" : "no"),
  };
}

const SVM_LEAF = 0x8000_000a;

const PHYSICAL_ADDRESS_WIDTH: CapabilitySource = {
  title: "Physical-address width",
  source: "CPUID.0x80000008:EAX[7:0]",
  bits: [],
  fields: [{ label: "Physical-address width", read: (raw) => (raw === null ? "absent" : String(raw & 0xffn)) }],
  raw: (model) => {
    const entry = model.cpuid.find((known) => known.leaf >>> 0 === 0x80000008);
    return entry === undefined ? null : BigInt(entry.eax >>> 0);
  },
  stateOf: () => "no",
};

/** Leaf 8000_000AH beside its feature bits. (APM 3 "Function 8000_000Ah-SVM Features") */
function svmSource(title: string, register: "eax" | "ebx", bits: bigint): CapabilitySource {
  return {
    title,
    source: `CPUID.${hex(SVM_LEAF)}:${register.toUpperCase()}`,
    bits: [],
    fields: [{ label: title, read: (raw) => (raw === null ? "absent" : String(raw & bits)) }],
    raw: (model) => cpuidOf(model, { leaf: SVM_LEAF, register, bits: {}, apm: "" }),
    stateOf: () => "no",
  };
}

/** What the capability lens shows, in vmxcap's order, then CPUID. */
export const CAPABILITY_SOURCES: readonly CapabilitySource[] = [
  fieldSource("Basic VMX Information", "IA32_VMX_BASIC", VMX_BASIC),
  ...CONTROL_WORD_NAMES.map(controlSource),
  fieldSource("Miscellaneous data", "IA32_VMX_MISC", VMX_MISC),
  fieldSource("VPID and EPT capabilities", "IA32_VMX_EPT_VPID_CAP", VMX_EPT_VPID_CAP),
  fieldSource("VM Functions", "IA32_VMX_VMFUNC", VMX_VMFUNC),
  wholeValueSource("CR0 bits fixed to 1", "IA32_VMX_CR0_FIXED0"),
  wholeValueSource("CR0 bits that may be 1", "IA32_VMX_CR0_FIXED1"),
  wholeValueSource("CR4 bits fixed to 1", "IA32_VMX_CR4_FIXED0"),
  wholeValueSource("CR4 bits that may be 1", "IA32_VMX_CR4_FIXED1"),
  wholeValueSource("VMCS enumeration", "IA32_VMX_VMCS_ENUM"),
  svmSource("SVM revision", "eax", 0xffn),
  svmSource("Number of ASIDs", "ebx", 0xffff_ffffn),
  VM_CR_SOURCE,
  EFER_SOURCE,
  PHYSICAL_ADDRESS_WIDTH,
  ...Object.values(CPUID_WORDS).map((word) => cpuidSource(word)),
];
