import {
  type CapabilityRule,
  type ColumnContext,
  clearMsrFields,
  compareVersions,
  defineQuirk,
  editMsr,
  fixControls,
  type GuestProfile,
  type Quirk,
} from "@hvdiff/personality";
import { type ControlName, type ControlWord, type CpuidFeature, VMX_EPT_VPID_CAP } from "@hvdiff/spec";
import { cpuSource, kvmGlueSource } from "../evidence.ts";
import { VMX_FEATURES, type VmxFeature, type VmxFeaturePlace, vmxFeatureSlug } from "../models/vmx-features.ts";
import { allowedFeatures, allowedVmxFeatures, flagOf, resolveModel } from "../resolve-model.ts";

/** QEMU writes the capability MSRs since this release; before, KVM's values stand. */
const WRITES_MSRS_SINCE = "4.2";
const MODELS = cpuSource("builtin_x86_defs");
const WRITE_MSRS = kvmGlueSource("kvm_msr_entry_add_vmx");

/** Features that KVM gives nobody, so that it makes no difference whether a model has them. */
const NOT_OFFERED_BY_KVM: ReadonlySet<VmxFeature> = new Set<VmxFeature>([
  "vmx-ple",
  "vmx-encls-exit",
  "vmx-enable-user-wait-pause",
  "vmx-activity-shutdown",
  "vmx-zero-len-inject",
  "vmx-ept-advanced-exitinfo",
  "vmx-exit-clear-rtit-ctl",
  "vmx-entry-load-rtit-ctl",
  "vmx-exit-load-pkrs",
  "vmx-entry-load-pkrs",
  "vmx-exit-secondary-ctls",
  "vmx-entry-load-fred",
  "vmx-nested-exception",
]);

/** Features that no processor of ours has; docs/reference/not-observable.md says which ones are left out. */
const ON_NO_PROCESSOR: ReadonlySet<VmxFeature> = new Set<VmxFeature>(["vmx-any-errcode", "vmx-page-walk-5"]);

/** Kernel since which KVM offers a feature at all. */
const OFFERED_SINCE: ReadonlyMap<VmxFeature, string> = new Map([
  ["vmx-shadow-vmcs", "4.19"],
  ["vmx-exit-load-perf-global-ctrl", "5.5"],
  ["vmx-entry-load-perf-global-ctrl", "5.5"],
  ["vmx-activity-wait-sipi", "5.11"],
  ["vmx-tsc-scaling", "5.14"],
]);

type Follows = { readonly cpuid: CpuidFeature; readonly since?: string; readonly until?: string };

/** Features that KVM itself takes back from a guest whose CPUID lacks an instruction, and in which kernels. */
const FOLLOWS_CPUID: ReadonlyMap<VmxFeature, Follows> = new Map([
  ["vmx-xsaves", { cpuid: "xsaves" }],
  ["vmx-rdtscp-exit", { cpuid: "rdtscp" }],
  ["vmx-invpcid-exit", { cpuid: "invpcid" }],
  ["vmx-rdrand-exit", { cpuid: "rdrand" }],
  ["vmx-rdseed-exit", { cpuid: "rdseed" }],
  ["vmx-entry-load-bndcfgs", { cpuid: "mpx", since: "4.19", until: "6.0" }],
  ["vmx-exit-clear-bndcfgs", { cpuid: "mpx", since: "4.19", until: "6.0" }],
] as const);

/** Whether the kernel has taken the feature back already, so that the model's omission changes nothing. */
function takenBackByKernel(context: ColumnContext, feature: VmxFeature): boolean {
  const { named, limitsFeatures } = resolveModel(context);
  const follows = FOLLOWS_CPUID.get(feature);
  if (follows === undefined || named === null) return false;
  const { since, until, cpuid } = follows;
  const { version } = context.spec;
  if (since !== undefined && compareVersions(version, since) < 0) return false;
  if (until !== undefined && compareVersions(version, until) >= 0) return false;
  if (flagOf(context, cpuid) === "off") return true;
  return limitsFeatures && !allowedFeatures(context, named).has(cpuid);
}

function omits(context: ColumnContext, feature: VmxFeature): boolean {
  const { named } = resolveModel(context);
  if (named === null || allowedVmxFeatures(context, named).has(feature)) return false;
  const since = OFFERED_SINCE.get(feature);
  if (since !== undefined && !context.atLeast(since)) return false;
  return !takenBackByKernel(context, feature);
}

function remove(profile: GuestProfile, feature: VmxFeature, place: VmxFeaturePlace): void {
  if (place.kind === "msr") editMsr(profile, place.msr, (value) => value & ~place.mask);
  else fixControls<ControlWord>(profile, place.word, place.control as ControlName);
  if (feature === "vmx-ept") editMsr(profile, "IA32_VMX_EPT_VPID_CAP", (value) => value & ~0xffff_ffffn);
  if (feature === "vmx-vpid") clearMsrFields(profile, "IA32_VMX_EPT_VPID_CAP", ...INVVPID_FIELDS);
}

const INVVPID_FIELDS = [
  VMX_EPT_VPID_CAP.invvpid,
  VMX_EPT_VPID_CAP.invvpidIndividualAddress,
  VMX_EPT_VPID_CAP.invvpidSingleContext,
  VMX_EPT_VPID_CAP.invvpidAllContext,
  VMX_EPT_VPID_CAP.invvpidSingleContextRetainingGlobals,
];

function vmmMsrs(apply: CapabilityRule["apply"]): CapabilityRule {
  return { stage: "vmm-msrs", apply };
}

function namedModelOmits([feature, place]: [VmxFeature, VmxFeaturePlace]): Quirk {
  const what = place.kind === "control" ? `the control "${place.title}"` : `"${place.title}"`;
  return defineQuirk({
    id: `qemu/vmx/named-model-omits-${vmxFeatureSlug(feature)}`,
    summary: `The named CPU model lacks ${feature}, so L1 is not offered ${what} although KVM would.`,
    affects: [place.kind === "control" ? place.control : place.msr, feature],
    since: WRITES_MSRS_SINCE,
    confidence: "source",
    evidence: [MODELS, WRITE_MSRS],
    when: (context) => omits(context, feature),
    capabilities: vmmMsrs((profile) => remove(profile, feature, place)),
  });
}

function switchedOff(context: ColumnContext): [VmxFeature, VmxFeaturePlace][] {
  return [...VMX_FEATURES].filter(([feature]) => flagOf(context, feature) === "off");
}

const USER_FLAGS = defineQuirk({
  id: "qemu/vmx/user-flags",
  summary: "VMX features that the command line switches off are not offered to L1.",
  affects: ["IA32_VMX_PROCBASED_CTLS2", "IA32_VMX_EPT_VPID_CAP", "IA32_VMX_MISC"],
  since: WRITES_MSRS_SINCE,
  confidence: "source",
  evidence: [cpuSource("x86_cpu_expand_features"), WRITE_MSRS],
  when: (context) => switchedOff(context).length > 0,
  capabilities: vmmMsrs((profile, context) => {
    for (const [feature, place] of switchedOff(context)) remove(profile, feature, place);
  }),
});

const VMCS_ENUM = defineQuirk({
  id: "qemu/vmx/vmcs-enum-constant",
  summary: "The highest VMCS field index is QEMU's constant 17H, whatever fields KVM and the processor have.",
  affects: ["IA32_VMX_VMCS_ENUM"],
  since: WRITES_MSRS_SINCE,
  confidence: "source",
  evidence: [WRITE_MSRS],
  capabilities: vmmMsrs((profile) => editMsr(profile, "IA32_VMX_VMCS_ENUM", () => 0x17n << 1n)),
});

/** What QEMU writes into the capability MSRs. */
export const VMX_MODEL_QUIRKS: readonly Quirk[] = [
  ...[...VMX_FEATURES]
    .filter(([feature]) => !NOT_OFFERED_BY_KVM.has(feature) && !ON_NO_PROCESSOR.has(feature))
    .map(namedModelOmits),
  USER_FLAGS,
  VMCS_ENUM,
];
