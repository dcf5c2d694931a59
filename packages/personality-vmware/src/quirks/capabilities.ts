import {
  clearMsrFields,
  controlNotOffered,
  defineQuirk,
  type Evidence,
  fixControls,
  type GuestProfile,
  type NotOffered,
  type Quirk,
  setMsrField,
} from "@hvdiff/personality";
import { VMX_BASIC, VMX_MISC } from "@hvdiff/spec";

const REGION_SIZE = 0x1000;

/** The product is closed and no dump of what its guests read is public. */
const NO_DUMP: readonly Evidence[] = [
  {
    kind: "document",
    title: "VMware communities, Running Nested VMs (DOC-8970); says that VT-x is offered, not which controls",
    url: "https://communities.vmware.com/docs/DOC-8970",
  },
];

type Row = readonly [slug: string, at: Pick<NotOffered, "word" | "control">];

const NOT_OFFERED: readonly Row[] = [
  ["no-preemption-timer", { word: "pin", control: "activateVmxPreemptionTimer" }],
  ["no-save-preemption-timer", { word: "exit", control: "saveVmxPreemptionTimerValue" }],
  ["no-posted-interrupts", { word: "pin", control: "processPostedInterrupts" }],
  ["no-apic-register-virtualization", { word: "secondary", control: "apicRegisterVirtualization" }],
  ["no-virtual-interrupt-delivery", { word: "secondary", control: "virtualInterruptDelivery" }],
  ["no-vmcs-shadowing", { word: "secondary", control: "vmcsShadowing" }],
  ["no-page-modification-logging", { word: "secondary", control: "enablePml" }],
  ["no-ept-violation-ve", { word: "secondary", control: "eptViolationVe" }],
  ["no-sub-page-write-permissions", { word: "secondary", control: "subPageWritePermissions" }],
  ["no-tsc-scaling", { word: "secondary", control: "useTscScaling" }],
];

function kernelSupported(apply: (profile: GuestProfile) => void): NonNullable<Quirk["capabilities"]> {
  return { stage: "kernel-supported", apply };
}

/** What VMware is assumed to offer L1. XSAVES is as the processor's: an author whose hypervisor needs it met no obstacle. */
export const CAPABILITY_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "vmware/vmx/revision-id",
    summary: "The VMCS revision identifier is 1, not the processor's.",
    affects: ["IA32_VMX_BASIC", "revisionId"],
    confidence: "assumed",
    evidence: NO_DUMP,
    capabilities: kernelSupported((profile) => setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.revisionId, 1)),
  }),
  defineQuirk({
    id: "vmware/vmx/region-size",
    summary: "VMXON and VMCS regions are 4096 bytes, whatever the processor's size is.",
    affects: ["IA32_VMX_BASIC", "regionSize"],
    confidence: "assumed",
    evidence: NO_DUMP,
    capabilities: kernelSupported((profile) =>
      setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.regionSize, REGION_SIZE),
    ),
  }),
  defineQuirk({
    id: "vmware/vmx/no-dual-monitor",
    summary: "The dual-monitor treatment of SMM does not exist, nor do its entry controls and MSEG revision.",
    affects: ["IA32_VMX_BASIC", "IA32_VMX_MISC", "IA32_VMX_ENTRY_CTLS"],
    confidence: "assumed",
    evidence: NO_DUMP,
    capabilities: kernelSupported((profile) => {
      clearMsrFields(profile, "IA32_VMX_BASIC", VMX_BASIC.dualMonitorTreatment);
      clearMsrFields(profile, "IA32_VMX_MISC", VMX_MISC.smmMonitorCtlBlockSmi, VMX_MISC.msegRevisionId);
      fixControls(profile, "entry", "entryToSmm", "deactivateDualMonitorTreatment");
    }),
  }),
  ...NOT_OFFERED.map(([slug, at]) =>
    controlNotOffered({ id: `vmware/vmx/${slug}`, confidence: "assumed", evidence: NO_DUMP, ...at }),
  ),
];
