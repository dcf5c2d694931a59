import { defineQuirk, editMsr, fixControls, type GuestProfile, hasFeature, type Quirk } from "@hvdiff/personality";
import { bit, type ControlName, type CpuidFeature, controlDef } from "@hvdiff/spec";
import { linuxCommit, nestedSource, vmxSource } from "../evidence.ts";

/** A secondary control that L1 has only while its own CPUID has an instruction. */
type Follower = {
  readonly slug: string;
  readonly control: ControlName<"secondary">;
  /** Any one of these keeps the control. */
  readonly features: readonly CpuidFeature[];
};

const FOLLOWERS: readonly Follower[] = [
  { slug: "xsaves-follows-cpuid", control: "enableXsaves", features: ["xsaves"] },
  { slug: "rdtscp-follows-cpuid", control: "enableRdtscp", features: ["rdtscp", "rdpid"] },
  { slug: "invpcid-follows-cpuid", control: "enableInvpcid", features: ["invpcid"] },
  { slug: "rdrand-exiting-follows-cpuid", control: "rdrandExiting", features: ["rdrand"] },
  { slug: "rdseed-exiting-follows-cpuid", control: "rdseedExiting", features: ["rdseed"] },
];

const ADJUST = vmxSource("vmx_adjust_secondary_exec_control");

function follower({ slug, control, features }: Follower): Quirk {
  return defineQuirk({
    id: `kvm/vmx/${slug}`,
    summary: `L1 loses the control "${controlDef("secondary", control).sdmName}" while its CPUID lacks ${features.join(" and ")}.`,
    affects: ["IA32_VMX_PROCBASED_CTLS2", control],
    confidence: "source",
    evidence: [ADJUST],
    capabilities: kernelAdjust((profile) => {
      if (!features.some((feature) => hasFeature(profile, feature))) fixControls(profile, "secondary", control);
    }),
  });
}

const MPX_CONTROLS = defineQuirk({
  id: "kvm/vmx/bndcfgs-follows-cpuid",
  summary: "L1 loses the entry and exit controls for IA32_BNDCFGS while its CPUID lacks MPX.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "clearIa32Bndcfgs", "loadIa32Bndcfgs"],
  since: "4.19",
  until: "6.0",
  confidence: "source",
  evidence: [
    linuxCommit("5f76f6f5ff96", "KVM: nVMX: Do not expose MPX VMX controls when guest MPX disabled"),
    linuxCommit("8805875aa473", "Revert of 5f76f6f5ff96"),
  ],
  capabilities: kernelAdjust((profile) => {
    if (hasFeature(profile, "mpx")) return;
    fixControls(profile, "exit", "clearIa32Bndcfgs");
    fixControls(profile, "entry", "loadIa32Bndcfgs");
  }),
});

const ARCHITECTURAL_PMU_LEAF = 0xa;

const PERF_GLOBAL_CTRL = defineQuirk({
  id: "kvm/vmx/perf-global-ctrl-follows-pmu",
  summary: "L1 loses the entry and exit controls for IA32_PERF_GLOBAL_CTRL while its CPUID has no PMU version 2.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "exitLoadIa32PerfGlobalCtrl", "entryLoadIa32PerfGlobalCtrl"],
  since: "5.5",
  until: "6.0",
  confidence: "source",
  evidence: [
    linuxCommit("03a8871add95", "KVM: nVMX: Expose load IA32_PERF_GLOBAL_CTRL VM-{Entry,Exit} control"),
    linuxCommit("9389d5774aca", "Revert of 03a8871add95"),
  ],
  capabilities: kernelAdjust((profile) => {
    if ((profile.cpuid(ARCHITECTURAL_PMU_LEAF, 0, "eax") & 0xff) >= 2) return;
    fixControls(profile, "exit", "exitLoadIa32PerfGlobalCtrl");
    fixControls(profile, "entry", "entryLoadIa32PerfGlobalCtrl");
  }),
});

/** Bits of CR4 and the CPUID feature without which KVM lets L1 not set them in VMX operation. */
const CR4_FEATURES: readonly (readonly [position: number, feature: CpuidFeature])[] = [
  [0, "vme"],
  [1, "vme"],
  [2, "tsc"],
  [3, "de"],
  [4, "pse"],
  [5, "pae"],
  [6, "mce"],
  [7, "pge"],
  [9, "fxsr"],
  [10, "sse"],
  [11, "umip"],
  [12, "la57"],
  [13, "vmx"],
  [14, "smx"],
  [16, "fsgsbase"],
  [17, "pcid"],
  [18, "xsave"],
  [20, "smep"],
  [21, "smap"],
  [22, "pku"],
];

const CR4_FIXED1 = defineQuirk({
  id: "kvm/vmx/cr4-fixed1-follows-cpuid",
  summary: "IA32_VMX_CR4_FIXED1 allows exactly those bits whose feature is in the guest's CPUID.",
  affects: ["IA32_VMX_CR4_FIXED1"],
  confidence: "source",
  evidence: [nestedSource("nested_vmx_cr_fixed1_bits_update")],
  capabilities: kernelAdjust((profile) =>
    editMsr(profile, "IA32_VMX_CR4_FIXED1", () => {
      const present = CR4_FEATURES.filter(([, feature]) => hasFeature(profile, feature));
      // PCE has no feature of its own.
      return present.reduce((mask, [position]) => mask | bit(position), bit(8));
    }),
  ),
});

function kernelAdjust(apply: (profile: GuestProfile) => void): NonNullable<Quirk["capabilities"]> {
  return { stage: "kernel-adjust", apply };
}

/** What KVM takes back from L1 because of the CPUID that the VMM gave it. */
export const FOLLOW_CPUID_QUIRKS: readonly Quirk[] = [
  ...FOLLOWERS.map(follower),
  MPX_CONTROLS,
  PERF_GLOBAL_CTRL,
  CR4_FIXED1,
];
