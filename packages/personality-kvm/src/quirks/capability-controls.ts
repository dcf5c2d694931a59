import {
  type CapabilityRule,
  defineQuirk,
  type Evidence,
  fixControls,
  offerControls,
  type Quirk,
} from "@hvdiff/personality";
import { type ControlName, type ControlWord, controlDef, controlWordDef, type MsrName } from "@hvdiff/spec";
import { linuxCommit, nestedSource } from "../evidence.ts";

const SETUP_SECONDARY = nestedSource("nested_vmx_setup_secondary_ctls");
const SETUP_PRIMARY = nestedSource("nested_vmx_setup_cpubased_ctls");
const SETUP_PIN = nestedSource("nested_vmx_setup_pinbased_ctls");

/** A control that KVM leaves out of what it offers, whatever the processor can do. */
type Never<W extends ControlWord = ControlWord> = {
  readonly slug: string;
  readonly word: W;
  readonly control: ControlName<W>;
  readonly evidence: readonly Evidence[];
  readonly since?: string;
  readonly until?: string;
};

/** Controls KVM never offers, one by one. */
const NEVER_OFFERED: readonly Never[] = [
  { slug: "no-pause-loop-exiting", word: "secondary", control: "pauseLoopExiting", evidence: [SETUP_SECONDARY] },
  { slug: "no-ept-violation-ve", word: "secondary", control: "eptViolationVe", evidence: [SETUP_SECONDARY] },
  { slug: "no-conceal-vmx-from-pt", word: "secondary", control: "concealVmxFromPt", evidence: [SETUP_SECONDARY] },
  {
    slug: "no-mode-based-execute-control",
    word: "secondary",
    control: "modeBasedExecuteControl",
    evidence: [SETUP_SECONDARY],
  },
  {
    slug: "no-sub-page-write-permissions",
    word: "secondary",
    control: "subPageWritePermissions",
    evidence: [SETUP_SECONDARY],
  },
  {
    slug: "no-pt-guest-physical-addresses",
    word: "secondary",
    control: "ptUsesGuestPhysicalAddresses",
    evidence: [SETUP_SECONDARY],
  },
  { slug: "no-bus-lock-detection", word: "secondary", control: "vmmBusLockDetection", evidence: [SETUP_SECONDARY] },
  { slug: "no-instruction-timeout", word: "secondary", control: "instructionTimeout", evidence: [SETUP_SECONDARY] },
  { slug: "no-tertiary-controls", word: "primary", control: "activateTertiaryControls", evidence: [SETUP_PRIMARY] },
  {
    slug: "no-tsc-scaling",
    word: "secondary",
    control: "useTscScaling",
    evidence: [linuxCommit("3c0f99366e34", "KVM: nVMX: Enable nested TSC scaling")],
    until: "5.14",
  },
  {
    slug: "no-vmcs-shadowing",
    word: "secondary",
    control: "vmcsShadowing",
    evidence: [linuxCommit("32c7acf04487", "KVM: nVMX: Expose VMCS shadowing to L1 guest")],
    until: "4.19",
  },
];

function neverOffered({ slug, word, control, evidence, since, until }: Never): Quirk {
  const { sdmName } = controlDef(word, control);
  return defineQuirk({
    id: `kvm/vmx/${slug}`,
    summary: `L1 is never offered the control "${sdmName}", whatever the processor can do.`,
    affects: [controlWordDef(word).capabilityMsr, String(control)],
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    confidence: "source",
    evidence,
    capabilities: kernelSupported((profile) => fixControls(profile, word, control)),
  });
}

function kernelSupported(apply: CapabilityRule["apply"]): CapabilityRule {
  return { stage: "kernel-supported", apply };
}

const PT_ENTRY_EXIT = defineQuirk({
  id: "kvm/vmx/no-pt-entry-exit-controls",
  summary: "L1 is not offered the entry and exit controls for processor trace.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "concealVmExitsFromPt", "concealVmEntriesFromPt"],
  confidence: "source",
  evidence: [nestedSource("nested_vmx_setup_exit_ctls"), nestedSource("nested_vmx_setup_entry_ctls")],
  capabilities: kernelSupported((profile) => {
    fixControls(profile, "exit", "concealVmExitsFromPt", "clearIa32RtitCtl");
    fixControls(profile, "entry", "concealVmEntriesFromPt", "loadIa32RtitCtl");
  }),
});

const LATE_ENTRY_EXIT = defineQuirk({
  id: "kvm/vmx/no-later-entry-exit-controls",
  summary: "L1 is not offered the entry and exit controls for LBR, user interrupts, PKRS and secondary exit controls.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS"],
  confidence: "source",
  evidence: [nestedSource("nested_vmx_setup_exit_ctls"), nestedSource("nested_vmx_setup_entry_ctls")],
  capabilities: kernelSupported((profile) => {
    fixControls(profile, "exit", "clearIa32LbrCtl", "clearUinv", "exitLoadPkrs", "saveIa32PerfGlobalCtrl");
    fixControls(profile, "exit", "exitLoadCetState", "activateSecondaryVmExitControls");
    fixControls(profile, "entry", "loadUinv", "entryLoadCetState", "loadGuestIa32LbrCtl", "entryLoadPkrs");
  }),
});

const NO_PERF_GLOBAL_CTRL = defineQuirk({
  id: "kvm/vmx/no-perf-global-ctrl",
  summary: "L1 is not offered the entry and exit controls for IA32_PERF_GLOBAL_CTRL.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "exitLoadIa32PerfGlobalCtrl", "entryLoadIa32PerfGlobalCtrl"],
  until: "5.5",
  confidence: "source",
  evidence: [linuxCommit("03a8871add95", "KVM: nVMX: Expose load IA32_PERF_GLOBAL_CTRL VM-{Entry,Exit} control")],
  capabilities: kernelSupported((profile) => {
    fixControls(profile, "exit", "exitLoadIa32PerfGlobalCtrl");
    fixControls(profile, "entry", "entryLoadIa32PerfGlobalCtrl");
  }),
});

/** Controls KVM offers even where the processor lacks them, because it emulates them. */
const ALWAYS_OFFERED: readonly Quirk[] = [
  alwaysOffered("pin", "activateVmxPreemptionTimer", "preemption-timer-always", [SETUP_PIN]),
  alwaysOffered("primary", "useMsrBitmaps", "msr-bitmaps-always", [SETUP_PRIMARY]),
  alwaysOffered("exit", "saveVmxPreemptionTimerValue", "save-preemption-timer-always", [
    nestedSource("nested_vmx_setup_exit_ctls"),
  ]),
  alwaysOffered("exit", "acknowledgeInterruptOnExit", "acknowledge-interrupt-always", [
    nestedSource("nested_vmx_setup_exit_ctls"),
  ]),
  alwaysOffered("exit", "saveIa32Efer", "save-efer-always", [nestedSource("nested_vmx_setup_exit_ctls")]),
  alwaysOffered("exit", "exitLoadIa32Efer", "exit-load-efer-always", [nestedSource("nested_vmx_setup_exit_ctls")]),
  alwaysOffered("entry", "entryLoadIa32Efer", "entry-load-efer-always", [nestedSource("nested_vmx_setup_entry_ctls")]),
  {
    ...alwaysOffered("secondary", "vmcsShadowing", "vmcs-shadowing-always", [
      linuxCommit("32c7acf04487", "KVM: nVMX: Expose VMCS shadowing to L1 guest"),
    ]),
    since: "4.19",
  },
];

function alwaysOffered<W extends ControlWord>(
  word: W,
  control: ControlName<W>,
  slug: string,
  evidence: readonly Evidence[],
): Quirk {
  const msr: MsrName = controlWordDef(word).capabilityMsr;
  return defineQuirk({
    id: `kvm/vmx/${slug}`,
    summary: `L1 is offered the control "${controlDef(word, control).sdmName}" even where the processor lacks it.`,
    affects: [msr, String(control)],
    confidence: "source",
    evidence,
    capabilities: kernelSupported((profile) => offerControls(profile, word, control)),
  });
}

/** What KVM offers of the five control words, against what the processor has. */
export const CAPABILITY_CONTROL_QUIRKS: readonly Quirk[] = [
  ...NEVER_OFFERED.map(neverOffered),
  PT_ENTRY_EXIT,
  LATE_ENTRY_EXIT,
  NO_PERF_GLOBAL_CTRL,
  ...ALWAYS_OFFERED,
];
