import {
  type CapabilityRule,
  controlNotOffered,
  defineQuirk,
  fixControls,
  type NotOffered,
  offerControls,
  type Quirk,
} from "@hvdiff/personality";
import { linuxCommit, nestedSource } from "../evidence.ts";

const SETUP_SECONDARY = nestedSource("nested_vmx_setup_secondary_ctls");

/** Controls KVM never offers, one by one. */
const NEVER_OFFERED: readonly Quirk[] = (
  [
    {
      id: "kvm/vmx/no-pause-loop-exiting",
      word: "secondary",
      control: "pauseLoopExiting",
      confidence: "source",
      evidence: [SETUP_SECONDARY],
    },
    {
      id: "kvm/vmx/no-ept-violation-ve",
      word: "secondary",
      control: "eptViolationVe",
      confidence: "source",
      evidence: [SETUP_SECONDARY],
    },
    {
      id: "kvm/vmx/no-conceal-vmx-from-pt",
      word: "secondary",
      control: "concealVmxFromPt",
      confidence: "source",
      evidence: [SETUP_SECONDARY],
    },
    {
      id: "kvm/vmx/no-mode-based-execute-control",
      word: "secondary",
      control: "modeBasedExecuteControl",
      confidence: "source",
      evidence: [SETUP_SECONDARY],
    },
    {
      id: "kvm/vmx/no-sub-page-write-permissions",
      word: "secondary",
      control: "subPageWritePermissions",
      confidence: "source",
      evidence: [SETUP_SECONDARY],
    },
    {
      id: "kvm/vmx/no-tsc-scaling",
      word: "secondary",
      control: "useTscScaling",
      confidence: "source",
      evidence: [linuxCommit("d041b5ea9335", "KVM: nVMX: Enable nested TSC scaling")],
      until: "5.14",
    },
    {
      id: "kvm/vmx/no-vmcs-shadowing",
      word: "secondary",
      control: "vmcsShadowing",
      confidence: "source",
      evidence: [linuxCommit("32c7acf04487", "KVM: nVMX: Expose VMCS shadowing to L1 guest")],
      until: "4.19",
    },
  ] satisfies NotOffered[]
).map(controlNotOffered);

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

const NO_CET_STATE = defineQuirk({
  id: "kvm/vmx/no-cet-state",
  summary: "L1 is not offered the entry and exit controls that load CET state.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "exitLoadCetState", "entryLoadCetState"],
  confidence: "inferred",
  evidence: [nestedSource("nested_vmx_setup_exit_ctls"), nestedSource("nested_vmx_setup_entry_ctls")],
  capabilities: kernelSupported((profile) => {
    fixControls(profile, "exit", "exitLoadCetState");
    fixControls(profile, "entry", "entryLoadCetState");
  }),
});

const NO_PKRS = defineQuirk({
  id: "kvm/vmx/no-pkrs",
  summary: "L1 is not offered the entry and exit controls that load IA32_PKRS.",
  affects: ["IA32_VMX_EXIT_CTLS", "IA32_VMX_ENTRY_CTLS", "exitLoadPkrs", "entryLoadPkrs"],
  confidence: "source",
  evidence: [nestedSource("nested_vmx_setup_exit_ctls"), nestedSource("nested_vmx_setup_entry_ctls")],
  capabilities: kernelSupported((profile) => {
    fixControls(profile, "exit", "exitLoadPkrs");
    fixControls(profile, "entry", "entryLoadPkrs");
  }),
});

const VMCS_SHADOWING_ALWAYS = defineQuirk({
  id: "kvm/vmx/vmcs-shadowing-always",
  summary: 'L1 is offered the control "VMCS shadowing" even where the processor lacks it.',
  affects: ["IA32_VMX_PROCBASED_CTLS2", "vmcsShadowing"],
  since: "4.19",
  confidence: "source",
  evidence: [linuxCommit("32c7acf04487", "KVM: nVMX: Expose VMCS shadowing to L1 guest")],
  capabilities: kernelSupported((profile) => offerControls(profile, "secondary", "vmcsShadowing")),
});

/** What KVM offers of the five control words, against what the processor has. */
export const CAPABILITY_CONTROL_QUIRKS: readonly Quirk[] = [
  ...NEVER_OFFERED,
  PT_ENTRY_EXIT,
  NO_PERF_GLOBAL_CTRL,
  NO_CET_STATE,
  NO_PKRS,
  VMCS_SHADOWING_ALWAYS,
];
