import { controlNotOffered, type Evidence, type NotOffered, type Quirk } from "@hvdiff/personality";
import { specification } from "../evidence.ts";

/** What the enlightened VMCS has no field for can hardly be meant to be used. No dump of a guest's capability MSRs is public. */
const NO_FIELD: readonly Evidence[] = [specification("Nested Virtualization, Enlightened VMCS")];

type Row = readonly [slug: string, at: Pick<NotOffered, "word" | "control">];

const NOT_OFFERED: readonly Row[] = [
  ["no-preemption-timer", { word: "pin", control: "activateVmxPreemptionTimer" }],
  ["no-save-preemption-timer", { word: "exit", control: "saveVmxPreemptionTimerValue" }],
  ["no-posted-interrupts", { word: "pin", control: "processPostedInterrupts" }],
  ["no-apic-access-virtualization", { word: "secondary", control: "virtualizeApicAccesses" }],
  ["no-apic-register-virtualization", { word: "secondary", control: "apicRegisterVirtualization" }],
  ["no-virtual-interrupt-delivery", { word: "secondary", control: "virtualInterruptDelivery" }],
  ["no-pause-loop-exiting", { word: "secondary", control: "pauseLoopExiting" }],
  ["no-vm-functions", { word: "secondary", control: "enableVmFunctions" }],
  ["no-vmcs-shadowing", { word: "secondary", control: "vmcsShadowing" }],
  ["no-page-modification-logging", { word: "secondary", control: "enablePml" }],
  ["no-ept-violation-ve", { word: "secondary", control: "eptViolationVe" }],
  ["no-mode-based-execute-control", { word: "secondary", control: "modeBasedExecuteControl" }],
  ["no-sub-page-write-permissions", { word: "secondary", control: "subPageWritePermissions" }],
];

/** What Hyper-V is thought to offer L1: the processor's controls but for those that the enlightened VMCS cannot say. */
export const CAPABILITY_QUIRKS: readonly Quirk[] = NOT_OFFERED.map(([slug, at]) =>
  controlNotOffered({ id: `hyperv/vmx/${slug}`, confidence: "inferred", evidence: NO_FIELD, ...at }),
);
