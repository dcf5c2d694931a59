import { controlNotOffered, type NotOffered, type Quirk } from "@hvdiff/personality";
import { CPUM, CPUM_61 } from "../evidence.ts";

type Row = readonly [slug: string, at: Pick<NotOffered, "word" | "control">];

/** Controls that no release offers. */
const NEVER: readonly Row[] = [
  ["no-posted-interrupts", { word: "pin", control: "processPostedInterrupts" }],
  ["no-monitor-trap-flag", { word: "primary", control: "monitorTrapFlag" }],
  ["no-x2apic-mode", { word: "secondary", control: "virtualizeX2apicMode" }],
  ["no-apic-register-virtualization", { word: "secondary", control: "apicRegisterVirtualization" }],
  ["no-virtual-interrupt-delivery", { word: "secondary", control: "virtualInterruptDelivery" }],
  ["no-vm-functions", { word: "secondary", control: "enableVmFunctions" }],
  ["no-vmcs-shadowing", { word: "secondary", control: "vmcsShadowing" }],
  ["no-page-modification-logging", { word: "secondary", control: "enablePml" }],
  ["no-ept-violation-ve", { word: "secondary", control: "eptViolationVe" }],
  ["no-conceal-vmx-from-pt", { word: "secondary", control: "concealVmxFromPt" }],
  ["no-xsaves-control", { word: "secondary", control: "enableXsaves" }],
  ["no-mode-based-execute-control", { word: "secondary", control: "modeBasedExecuteControl" }],
  ["no-sub-page-write-permissions", { word: "secondary", control: "subPageWritePermissions" }],
  ["no-tsc-scaling", { word: "secondary", control: "useTscScaling" }],
  ["no-exit-load-perf-global-ctrl", { word: "exit", control: "exitLoadIa32PerfGlobalCtrl" }],
  ["no-save-preemption-timer", { word: "exit", control: "saveVmxPreemptionTimerValue" }],
  ["no-clear-bndcfgs", { word: "exit", control: "clearIa32Bndcfgs" }],
  ["no-conceal-exits-from-pt", { word: "exit", control: "concealVmExitsFromPt" }],
  ["no-entry-load-perf-global-ctrl", { word: "entry", control: "entryLoadIa32PerfGlobalCtrl" }],
  ["no-load-bndcfgs", { word: "entry", control: "loadIa32Bndcfgs" }],
  ["no-exit-load-cet-state", { word: "exit", control: "exitLoadCetState" }],
  ["no-exit-load-pkrs", { word: "exit", control: "exitLoadPkrs" }],
  ["no-entry-load-cet-state", { word: "entry", control: "entryLoadCetState" }],
  ["no-entry-load-pkrs", { word: "entry", control: "entryLoadPkrs" }],
  ["no-conceal-entries-from-pt", { word: "entry", control: "concealVmEntriesFromPt" }],
];

/** Controls that came with 7.0. */
const NOT_BEFORE_7: readonly Row[] = [
  ["no-nmi-window-exiting", { word: "primary", control: "nmiWindowExiting" }],
  ["no-pause-loop-exiting", { word: "secondary", control: "pauseLoopExiting" }],
  ["no-rdrand-exiting", { word: "secondary", control: "rdrandExiting" }],
  ["no-rdseed-exiting", { word: "secondary", control: "rdseedExiting" }],
  ["no-save-pat", { word: "exit", control: "saveIa32Pat" }],
  ["no-exit-load-pat", { word: "exit", control: "exitLoadIa32Pat" }],
  ["no-entry-load-pat", { word: "entry", control: "entryLoadIa32Pat" }],
];

function never([slug, at]: Row): Quirk {
  return controlNotOffered({
    id: `virtualbox/vmx/${slug}`,
    confidence: "source",
    evidence: [CPUM, CPUM_61],
    ...at,
  });
}

function notBefore7([slug, at]: Row): Quirk {
  return controlNotOffered({
    id: `virtualbox/vmx/${slug}`,
    until: "7.0",
    confidence: "source",
    evidence: [CPUM_61, CPUM],
    ...at,
  });
}

/** Controls that VirtualBox does not offer L1. */
export const CAPABILITY_CONTROL_QUIRKS: readonly Quirk[] = [
  ...NEVER.map(never),
  ...NOT_BEFORE_7.map(notBefore7),
  controlNotOffered({
    id: "virtualbox/vmx/no-preemption-timer",
    word: "pin",
    control: "activateVmxPreemptionTimer",
    confidence: "source",
    evidence: [CPUM],
    when: (context) => context.parameter("nested-preemption-timer") === "0",
  }),
];
