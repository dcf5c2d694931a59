import {
  type CapabilityRule,
  type ColumnContext,
  defineQuirk,
  type GuestProfile,
  hasFeature,
  hideFeatures,
  type Quirk,
  removeVmx,
} from "@hvdiff/personality";
import { CPUID_WORDS, type CpuidFeature, type CpuidWordDef, isCpuidFeature } from "@hvdiff/spec";
import { cpuSource } from "../evidence.ts";
import { type QemuModel, signatureOf, words } from "../models/model.ts";
import { NAMED_MODELS } from "../models/named-models.ts";
import { allowedFeatures, flagOf, resolveModel } from "../resolve-model.ts";

const BUILT_IN = cpuSource("builtin_x86_defs");

function vmm(apply: CapabilityRule["apply"]): CapabilityRule {
  return { stage: "vmm", apply };
}

function isNamed(context: ColumnContext): boolean {
  return resolveModel(context).named !== null;
}

function withNamed(apply: (profile: GuestProfile, named: QemuModel, context: ColumnContext) => void): CapabilityRule {
  return vmm((profile, context) => {
    const { named } = resolveModel(context);
    if (named !== null) apply(profile, named, context);
  });
}

/** Words that no model of QEMU has anything in that a processor of ours has are left to KVM. */
const MODEL_WORDS = [
  "leaf1Ecx",
  "leaf1Edx",
  "leaf6Eax",
  "leaf7Ebx",
  "leaf7Ecx",
  "leaf7Edx",
  "leafDSub1Eax",
  "leaf80000001Ecx",
  "leaf80000001Edx",
  "leaf80000008Ebx",
  "leaf8000000AEdx",
] as const satisfies readonly (keyof typeof CPUID_WORDS)[];

/** Features of no model that KVM can nevertheless give a guest. */
const FEATURES_OF_NO_MODEL = words<CpuidFeature>(
  `ss tsc-adjust mpx avx512pf avx512er waitpkg avx512-4vnniw avx512-4fmaps avx512-vp2intersect md-clear cmp-legacy
   lbrv tsc-scale vmcb-clean flushbyasid decodeassists pause-filter pfthreshold v-vmsave-vmload vgif`,
);

/** What a model can lack. Features that KVM gives nobody are not among them: no model has them, and it makes no difference. */
const MODEL_FEATURES: readonly CpuidFeature[] = [
  ...new Set([...FEATURES_OF_NO_MODEL, ...[...NAMED_MODELS.values()].flatMap(({ features }) => [...features])]),
];

function namedModelWord(name: (typeof MODEL_WORDS)[number]): Quirk {
  const def: CpuidWordDef = CPUID_WORDS[name];
  const { leaf, subleaf = 0, register } = def;
  const label = `${leaf.toString(16)}${def.subleaf === undefined ? "" : `.${subleaf}`}.${register}`;
  const known = MODEL_FEATURES.filter((feature) => Object.hasOwn(def.bits, feature));
  return defineQuirk({
    id: `qemu/cpuid/named-model-features-${label.replaceAll(".", "-")}`,
    summary: `A named CPU model shows in CPUID ${label} only the features of its definition, whatever the host has.`,
    affects: [`cpuid.${label}`],
    confidence: "source",
    evidence: [BUILT_IN],
    when: (context) => resolveModel(context).limitsFeatures,
    capabilities: withNamed((profile, named, context) => {
      const allowed = allowedFeatures(context, named);
      hideFeatures(profile, ...known.filter((feature) => !allowed.has(feature)));
    }),
  });
}

const SIGNATURE = defineQuirk({
  id: "qemu/cpuid/named-model-signature",
  summary: "Family, model and stepping are those of the named CPU model, not the host's.",
  affects: ["cpuid.1.eax"],
  confidence: "source",
  evidence: [BUILT_IN],
  when: isNamed,
  capabilities: withNamed((profile, named) => profile.setCpuid(1, 0, "eax", signatureOf(named))),
});

const BRAND_LEAVES = [0x8000_0002, 0x8000_0003, 0x8000_0004];
const REGISTERS = ["eax", "ebx", "ecx", "edx"] as const;

const BRAND = defineQuirk({
  id: "qemu/cpuid/named-model-brand-string",
  summary: "The processor's name is that of the named CPU model, not the host's.",
  affects: ["cpuid.80000002", "cpuid.80000003", "cpuid.80000004"],
  confidence: "source",
  evidence: [BUILT_IN],
  when: isNamed,
  capabilities: withNamed((profile, named) => {
    const text = named.brand.padEnd(48, "\0");
    const letter = (at: number): number => text.charCodeAt(at) & 0xff;
    BRAND_LEAVES.forEach((leaf, part) => {
      REGISTERS.forEach((register, word) => {
        const at = part * 16 + word * 4;
        const low = letter(at) | (letter(at + 1) << 8);
        profile.setCpuid(leaf, 0, register, low | (letter(at + 2) << 16) | (letter(at + 3) << 24));
      });
    });
  }),
});

const XSAVE_LEAF = 0xd;

/** Features that a user switched off, as CPUID names. */
function switchedOff(context: ColumnContext): CpuidFeature[] {
  return [...(context.spec.vmm?.flags ?? [])].flatMap(([name, value]) =>
    value === "off" && isCpuidFeature(name) ? [name] : [],
  );
}

const USER_FLAGS = defineQuirk({
  id: "qemu/cpuid/user-flags",
  summary: "CPUID features that the command line switches off, and what depends on them, are hidden.",
  affects: ["cpuid.1", "cpuid.7", "cpuid.d", "cpuid.80000001"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_expand_features"), cpuSource("cpu_x86_cpuid")],
  when: (context) => switchedOff(context).length > 0,
  capabilities: vmm((profile, context) => {
    const off = switchedOff(context).filter((feature) => feature !== "hypervisor");
    hideFeatures(profile, ...off);
    if (off.includes("xsave")) profile.dropLeaf(XSAVE_LEAF);
    if (off.includes("vmx")) removeVmx(profile);
  }),
});

const PMU_OFF = defineQuirk({
  id: "qemu/cpuid/named-model-without-pmu",
  summary: "A named CPU model has no performance counters unless pmu=on.",
  affects: ["cpuid.a"],
  confidence: "source",
  evidence: [cpuSource("cpu_x86_cpuid")],
  when: (context) => (flagOf(context, "pmu") ?? (isNamed(context) ? "off" : "on")) === "off",
  capabilities: vmm((profile) => {
    profile.dropLeaf(0xa);
    hideFeatures(profile, "pdcm");
  }),
});

/** Highest basic leaf: the definition's, raised to what its features need. */
function basicLevel(profile: GuestProfile, named: QemuModel): number {
  const needs = profile.cpuid(XSAVE_LEAF, 1, "eax") !== 0 || hasFeature(profile, "xsave") ? XSAVE_LEAF : 0;
  return Math.max(named.level, needs, profile.cpuid(7, 0, "ebx") !== 0 ? 7 : 0);
}

const MAXIMUM_LEAF = defineQuirk({
  id: "qemu/cpuid/named-model-maximum-leaf",
  summary: "The highest basic CPUID leaf is the named CPU model's; later leaves do not exist.",
  affects: ["cpuid.0.eax"],
  confidence: "source",
  evidence: [BUILT_IN, cpuSource("x86_cpu_expand_features")],
  when: isNamed,
  capabilities: withNamed((profile, named) => {
    const level = Math.min(basicLevel(profile, named), profile.cpuid(0, 0, "eax"));
    profile.setCpuid(0, 0, "eax", level);
    for (const { leaf } of profile.cpuidEntries()) if (leaf > level && leaf < 0x4000_0000) profile.dropLeaf(leaf);
  }),
});

/** Highest extended leaf: the definition's, raised to SVM's where the guest has it. */
function extendedLevel(profile: GuestProfile, named: QemuModel): number {
  return Math.max(named.extendedLevel, hasFeature(profile, "svm") ? SVM_LEAF : 0);
}

const SVM_LEAF = 0x8000_000a;
const FIRST_EXTENDED_LEAF = 0x8000_0000;

const MAXIMUM_EXTENDED_LEAF = defineQuirk({
  id: "qemu/cpuid/named-model-maximum-extended-leaf",
  summary: "The highest extended CPUID leaf is the named CPU model's; later leaves do not exist.",
  affects: ["cpuid.80000000.eax"],
  confidence: "source",
  evidence: [BUILT_IN, cpuSource("x86_cpu_expand_features")],
  when: isNamed,
  capabilities: withNamed((profile, named) => {
    const level = Math.min(extendedLevel(profile, named), profile.cpuid(FIRST_EXTENDED_LEAF, 0, "eax"));
    profile.setCpuid(FIRST_EXTENDED_LEAF, 0, "eax", level);
    for (const { leaf } of profile.cpuidEntries()) if (leaf > level) profile.dropLeaf(leaf);
  }),
});

/** What a CPU model of QEMU changes in CPUID. */
export const CPUID_MODEL_QUIRKS: readonly Quirk[] = [
  ...MODEL_WORDS.map(namedModelWord),
  SIGNATURE,
  BRAND,
  USER_FLAGS,
  PMU_OFF,
  MAXIMUM_LEAF,
  MAXIMUM_EXTENDED_LEAF,
];
