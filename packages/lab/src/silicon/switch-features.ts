import { CPU_MODELS } from "@hvdiff/cpu";
import {
  editMsr,
  fixControls,
  type GuestProfile,
  hasFeature,
  hideFeatures,
  nearestHint,
  removeVmx,
  showFeature,
} from "@hvdiff/personality";
import { type ControlName, CPUID_FEATURE_NAMES, type CpuidFeature, cpuidFeature, isCpuidFeature } from "@hvdiff/spec";
import { UsageError } from "../api.ts";

/** Spellings of QEMU and of Linux that are not the table's. */
const OTHER_SPELLINGS: Readonly<Record<string, CpuidFeature>> = {
  sse3: "pni",
  "sse4-1": "sse4.1",
  "sse4-2": "sse4.2",
};

/** Features that cannot be without another one. */
const NEEDS: readonly (readonly [feature: CpuidFeature, others: readonly CpuidFeature[]])[] = [
  ["xsave", ["xsaveopt", "xsavec", "xgetbv1", "xsaves", "avx", "pku"]],
  ["avx", ["avx2", "fma", "f16c", "vaes", "vpclmulqdq"]],
];

/** Bits of CR4 that go with a feature. (SDM 3A "Control Registers") */
const CR4_BITS: readonly (readonly [feature: CpuidFeature, bit: number])[] = [
  ["umip", 11],
  ["la57", 12],
  ["fsgsbase", 16],
  ["pcid", 17],
  ["xsave", 18],
  ["smep", 20],
  ["smap", 21],
  ["pku", 22],
  ["pks", 24],
];

/** VM-execution controls that make no sense without a feature. (SDM 3C "Secondary Processor-Based VM-Execution Controls") */
const CONTROLS: readonly (readonly [feature: CpuidFeature, control: ControlName<"secondary">])[] = [
  ["rdtscp", "enableRdtscp"],
  ["invpcid", "enableInvpcid"],
  ["xsaves", "enableXsaves"],
  ["rdrand", "rdrandExiting"],
  ["rdseed", "rdseedExiting"],
];

/** State components of XCR0 beyond x87 and SSE, and the feature that brings each. (SDM 1 "XSAVE-Supported Features") */
const COMPONENTS: readonly (readonly [component: number, feature: CpuidFeature])[] = [
  [2, "avx"],
  [9, "pku"],
];

const XSAVE_LEAF = 0xd;
const LEGACY_AREA = 0x240;

function featureNamed(text: string): CpuidFeature {
  const name = text.toLowerCase().replaceAll("_", "-");
  const feature = OTHER_SPELLINGS[name] ?? name;
  if (isCpuidFeature(feature)) return feature;
  throw new UsageError(`CPU feature "${text}" is not known${nearestHint(name, CPUID_FEATURE_NAMES)}`);
}

/** Whether any silicon here has it: what none has is not simulated. */
function isSimulated(feature: CpuidFeature): boolean {
  const { leaf, subleaf, register, bit } = cpuidFeature(feature);
  return CPU_MODELS.some(({ cpuid }) =>
    cpuid.some((entry) => entry.leaf === leaf && entry.subleaf === subleaf && ((entry[register] >>> bit) & 1) === 1),
  );
}

/** Switches one feature of a silicon on or off, with everything that follows from it. Errors: `UsageError`. */
export function switchFeature(profile: GuestProfile, text: string, on: boolean): void {
  const feature = featureNamed(text);
  if (hasFeature(profile, feature) === on) return;
  if (on) switchOn(profile, feature);
  else switchOff(profile, feature);
  for (const [owner, bit] of CR4_BITS) setCr4Bit(profile, bit, hasFeature(profile, owner));
  keepComponents(profile);
}

function switchOn(profile: GuestProfile, feature: CpuidFeature): void {
  if (!isSimulated(feature)) throw new UsageError(`CPU feature "${feature}" is not simulated: no silicon here has it`);
  const { leaf, subleaf } = cpuidFeature(feature);
  if (!profile.cpuidEntries().some((entry) => entry.leaf === leaf && entry.subleaf === subleaf))
    throw new UsageError(`CPU feature "${feature}": ${profile.host.id} has no CPUID leaf ${leaf.toString(16)}`);
  if (feature === "vmx" || NEEDS.some(([, others]) => others.includes(feature) || feature === "xsave"))
    throw new UsageError(`CPU feature "${feature}" cannot be added to ${profile.host.id}; choose a model that has it`);
  showFeature(profile, feature);
}

function switchOff(profile: GuestProfile, feature: CpuidFeature): void {
  if (feature === "vmx") removeVmx(profile);
  hideFeatures(profile, feature);
  for (const [owner, others] of NEEDS)
    if (owner === feature) for (const other of others) if (hasFeature(profile, other)) switchOff(profile, other);
  for (const [owner, control] of CONTROLS) if (owner === feature) fixControls(profile, "secondary", control);
}

function setCr4Bit(profile: GuestProfile, bit: number, on: boolean): void {
  editMsr(profile, "IA32_VMX_CR4_FIXED1", (value) => (on ? value | (1n << BigInt(bit)) : value & ~(1n << BigInt(bit))));
}

/** Leaf 0DH lists only what features bring. */
function keepComponents(profile: GuestProfile): void {
  if (!hasFeature(profile, "xsave")) {
    profile.dropLeaf(XSAVE_LEAF);
    return;
  }
  let mask = profile.cpuid(XSAVE_LEAF, 0, "eax");
  for (const [component, feature] of COMPONENTS) {
    if (hasFeature(profile, feature)) continue;
    mask &= ~(1 << component);
    profile.dropLeaf(XSAVE_LEAF, component);
  }
  let size = LEGACY_AREA;
  for (const [component] of COMPONENTS)
    if ((mask & (1 << component)) !== 0)
      size = Math.max(size, profile.cpuid(XSAVE_LEAF, component, "ebx") + profile.cpuid(XSAVE_LEAF, component, "eax"));
  profile.setCpuid(XSAVE_LEAF, 0, "eax", mask);
  profile.setCpuid(XSAVE_LEAF, 0, "ecx", size);
}
