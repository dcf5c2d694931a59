import { compareVersions, type Parameter } from "@hvdiff/personality";

const SWITCH: readonly string[] = ["0", "1"];

function onByDefault(name: string, summary: string): Parameter {
  return { name, summary, defaultFor: () => "1", values: SWITCH };
}

/** Parameters of the kvm_intel module that change what L1 is offered. */
export const KVM_PARAMETERS: readonly Parameter[] = [
  {
    name: "nested",
    summary: "Offer VMX to guests; on since 4.20.",
    defaultFor: (version) => (compareVersions(version, "4.20") >= 0 ? "1" : "0"),
    values: SWITCH,
  },
  onByDefault("ept", "Use EPT for guests."),
  onByDefault("vpid", "Use VPIDs for guests."),
  onByDefault("unrestricted_guest", "Run guests' real mode on the processor."),
  onByDefault("flexpriority", "Use the TPR shadow and APIC-access virtualization."),
  onByDefault("enable_apicv", "Use APIC-register virtualization, virtual-interrupt delivery and posted interrupts."),
  onByDefault("enable_shadow_vmcs", "Use the processor's VMCS shadowing for L1; does not change what L1 is offered."),
  {
    name: "virtualize_shadow_vmcs",
    summary:
      "No parameter of any release: the series of 2018 that makes vmcs02 shadow as well, which was posted and never merged (KVM Forum 2018, Improving KVM x86 nested virtualization).",
    defaultFor: () => "0",
    values: SWITCH,
  },
  {
    name: "enlightened_vmcs",
    summary: "Use enlightened VMCSs on a hypervisor that recommends them; since 4.17.",
    defaultFor: (version) => (compareVersions(version, "4.17") >= 0 ? "1" : "0"),
    values: SWITCH,
  },
  onByDefault("eptad", "Use accessed and dirty flags in EPT."),
  onByDefault("pml", "Use page-modification logging for dirty tracking; L1's is emulated and does not need it."),
];
