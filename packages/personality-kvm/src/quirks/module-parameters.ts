import {
  type ColumnContext,
  clearMsrFields,
  defineQuirk,
  fixControls,
  type GuestProfile,
  type Quirk,
  removeVmx,
} from "@hvdiff/personality";
import { VMX_EPT_VPID_CAP } from "@hvdiff/spec";
import { linuxCommit, nestedSource, vmxSource } from "../evidence.ts";

function off(name: string): (context: ColumnContext) => boolean {
  return (context) => context.parameter(name) === "0";
}

function kernelSupported(apply: (profile: GuestProfile) => void): NonNullable<Quirk["capabilities"]> {
  return { stage: "kernel-supported", apply };
}

/** What switching a module parameter off takes from L1. */
export const MODULE_PARAMETER_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/nested-off",
    summary: "With nested=0, the default before 4.20, the guest has no VMX.",
    affects: ["cpuid.1.ecx", "IA32_VMX_BASIC"],
    confidence: "source",
    evidence: [linuxCommit("1e58e5e59148", "KVM: VMX: enable nested virtualization by default")],
    when: off("nested"),
    capabilities: kernelSupported(removeVmx),
  }),
  defineQuirk({
    id: "kvm/vmx/vpid-off",
    summary: "With vpid=0 L1 is not offered VPIDs nor INVVPID.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "IA32_VMX_EPT_VPID_CAP", "enableVpid"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_secondary_ctls")],
    when: off("vpid"),
    capabilities: kernelSupported((profile) => {
      fixControls(profile, "secondary", "enableVpid");
      clearMsrFields(
        profile,
        "IA32_VMX_EPT_VPID_CAP",
        VMX_EPT_VPID_CAP.invvpid,
        VMX_EPT_VPID_CAP.invvpidIndividualAddress,
        VMX_EPT_VPID_CAP.invvpidSingleContext,
        VMX_EPT_VPID_CAP.invvpidAllContext,
        VMX_EPT_VPID_CAP.invvpidSingleContextRetainingGlobals,
      );
    }),
  }),
  defineQuirk({
    id: "kvm/vmx/unrestricted-guest-off",
    summary: "With unrestricted_guest=0 L1 is not offered unrestricted guests.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "unrestrictedGuest"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_secondary_ctls")],
    when: off("unrestricted_guest"),
    capabilities: kernelSupported((profile) => fixControls(profile, "secondary", "unrestrictedGuest")),
  }),
  defineQuirk({
    id: "kvm/vmx/flexpriority-off",
    summary: "With flexpriority=0 L1 is not offered the virtualization of APIC accesses.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "virtualizeApicAccesses"],
    confidence: "source",
    evidence: [vmxSource("cpu_need_virtualize_apic_accesses"), nestedSource("nested_vmx_setup_secondary_ctls")],
    when: off("flexpriority"),
    capabilities: kernelSupported((profile) => fixControls(profile, "secondary", "virtualizeApicAccesses")),
  }),
  defineQuirk({
    id: "kvm/vmx/apicv-off",
    summary: "With enable_apicv=0 L1 is not offered posted interrupts.",
    affects: ["IA32_VMX_PINBASED_CTLS", "processPostedInterrupts"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_pinbased_ctls")],
    when: off("enable_apicv"),
    capabilities: kernelSupported((profile) => fixControls(profile, "pin", "processPostedInterrupts")),
  }),
  defineQuirk({
    id: "kvm/vmx/eptad-off",
    summary: "With eptad=0 L1 is not offered accessed and dirty flags in EPT, nor page-modification logging.",
    affects: ["IA32_VMX_EPT_VPID_CAP", "IA32_VMX_PROCBASED_CTLS2", "accessedDirty", "enablePml"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_secondary_ctls")],
    when: off("eptad"),
    capabilities: kernelSupported((profile) => {
      clearMsrFields(profile, "IA32_VMX_EPT_VPID_CAP", VMX_EPT_VPID_CAP.accessedDirty);
      fixControls(profile, "secondary", "enablePml");
    }),
  }),
];
