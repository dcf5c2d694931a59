import {
  clearMsrFields,
  defineQuirk,
  editMsr,
  fillMsrFields,
  fixControls,
  type GuestProfile,
  type Quirk,
  setMsrField,
} from "@hvdiff/personality";
import { type MsrFieldDef, VMX_BASIC, VMX_EPT_VPID_CAP, VMX_MISC } from "@hvdiff/spec";
import { kvmSource, linuxCommit, nestedSource } from "../evidence.ts";

const REVISION = 0x11e5_7ed0;
const REGION_SIZE = 0x1000;
const TIMER_RATE = 5;
const WRITE_BACK = 6;
/** Highest field index of KVM's first complete vmcs12 table, shifted as the MSR shows it. */
const VMCS_ENUM = 0x2en;

const BASIC_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/revision-id",
    summary: "The VMCS revision identifier is KVM's own 0x11e57ed0, not the processor's.",
    affects: ["IA32_VMX_BASIC", "revisionId"],
    confidence: "source",
    evidence: [kvmSource("vmx/vmcs12.h", "VMCS12_REVISION"), nestedSource("nested_vmx_setup_basic")],
    capabilities: kernelSupported((profile) => setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.revisionId, REVISION)),
  }),
  defineQuirk({
    id: "kvm/vmx/region-size",
    summary: "VMXON and VMCS regions are 4096 bytes, whatever the processor's size is.",
    affects: ["IA32_VMX_BASIC", "regionSize"],
    confidence: "source",
    evidence: [kvmSource("vmx/vmcs12.h", "VMCS12_SIZE"), nestedSource("nested_vmx_setup_basic")],
    capabilities: kernelSupported((profile) => {
      setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.regionSize, REGION_SIZE);
      setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.memoryType, WRITE_BACK);
    }),
  }),
  defineQuirk({
    id: "kvm/vmx/no-dual-monitor",
    summary: "The dual-monitor treatment of SMM does not exist, nor do its entry controls and MSEG revision.",
    affects: ["IA32_VMX_BASIC", "IA32_VMX_MISC", "IA32_VMX_ENTRY_CTLS", "entryToSmm", "deactivateDualMonitorTreatment"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_basic"), nestedSource("nested_vmx_setup_entry_ctls")],
    capabilities: kernelSupported((profile) => {
      clearMsrFields(profile, "IA32_VMX_BASIC", VMX_BASIC.dualMonitorTreatment);
      clearMsrFields(profile, "IA32_VMX_MISC", VMX_MISC.smmMonitorCtlBlockSmi, VMX_MISC.msegRevisionId);
      fixControls(profile, "entry", "entryToSmm", "deactivateDualMonitorTreatment");
    }),
  }),
];

const MISC_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/preemption-timer-rate-5",
    summary: "The VMX-preemption timer counts at TSC bit 5, whatever the processor's rate is.",
    affects: ["IA32_VMX_MISC", "preemptionTimerRate"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_misc_data")],
    capabilities: kernelSupported((profile) =>
      setMsrField(profile, "IA32_VMX_MISC", VMX_MISC.preemptionTimerRate, TIMER_RATE),
    ),
  }),
  miscCleared("no-shutdown-activity-state", VMX_MISC.activityShutdown, "The activity state shutdown is not offered."),
  {
    ...miscCleared(
      "no-wait-for-sipi-activity-state",
      VMX_MISC.activityWaitForSipi,
      "The activity state wait-for-SIPI is not offered.",
    ),
    until: "5.11",
    evidence: [linuxCommit("bf0cd88ce363", "KVM: x86: emulate wait-for-SIPI and SIPI-VMExit")],
  },
  miscCleared("no-pt-in-vmx", VMX_MISC.processorTraceInVmx, "Processor trace may not be used in VMX operation."),
  miscCleared("no-smbase-msr", VMX_MISC.smbaseMsr, "The MSR that tells SMBASE in SMM is not offered."),
  miscCleared("no-cr3-target-values", VMX_MISC.cr3TargetValues, "No CR3-target values are offered."),
  miscCleared(
    "no-zero-length-injection",
    VMX_MISC.zeroLengthInjection,
    "Software events may not be injected with instruction length 0.",
  ),
  defineQuirk({
    id: "kvm/vmx/vmwrite-any-field",
    summary: "VMWRITE to exit-information fields is offered even where the processor lacks it.",
    affects: ["IA32_VMX_MISC", "vmwriteExitInformation"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_misc_data")],
    capabilities: kernelSupported((profile) =>
      fillMsrFields(profile, "IA32_VMX_MISC", VMX_MISC.vmwriteExitInformation),
    ),
  }),
];

const SETUP_EPT = nestedSource("nested_vmx_setup_secondary_ctls");

const EPT_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/ept-no-uncacheable-structures",
    summary: "EPT paging structures may not be of memory type UC.",
    affects: ["IA32_VMX_EPT_VPID_CAP", "memoryTypeUc"],
    confidence: "inferred",
    evidence: [SETUP_EPT],
    capabilities: eptCleared(VMX_EPT_VPID_CAP.memoryTypeUc),
  }),
  defineQuirk({
    id: "kvm/vmx/ept-no-advanced-exit-information",
    summary: "EPT violations carry no advanced exit information.",
    affects: ["IA32_VMX_EPT_VPID_CAP", "advancedExitInformation"],
    confidence: "source",
    evidence: [SETUP_EPT],
    capabilities: eptCleared(VMX_EPT_VPID_CAP.advancedExitInformation),
  }),
  eptFilled("ept-large-pages-always", [VMX_EPT_VPID_CAP.page2M, VMX_EPT_VPID_CAP.page1G], "2-MiB and 1-GiB EPT pages"),
];

const ENUM_QUIRK = defineQuirk({
  id: "kvm/vmx/vmcs-enum-own-table",
  summary: "The highest VMCS field index is that of KVM's own table, not the processor's.",
  affects: ["IA32_VMX_VMCS_ENUM"],
  confidence: "inferred",
  evidence: [kvmSource("vmx/vmcs12.h", "VMCS12_MAX_FIELD_INDEX"), nestedSource("nested_vmx_calc_vmcs_enum_msr")],
  when: (context) => !context.atLeast("4.2", "vmm"),
  capabilities: kernelSupported((profile) => editMsr(profile, "IA32_VMX_VMCS_ENUM", () => VMCS_ENUM)),
});

function kernelSupported(apply: (profile: GuestProfile) => void): NonNullable<Quirk["capabilities"]> {
  return { stage: "kernel-supported", apply };
}

function miscCleared(slug: string, field: MsrFieldDef, summary: string): Quirk {
  return defineQuirk({
    id: `kvm/vmx/${slug}`,
    summary,
    affects: ["IA32_VMX_MISC"],
    confidence: "source",
    evidence: [nestedSource("nested_vmx_setup_misc_data")],
    capabilities: kernelSupported((profile) => clearMsrFields(profile, "IA32_VMX_MISC", field)),
  });
}

function eptCleared(field: MsrFieldDef): NonNullable<Quirk["capabilities"]> {
  return kernelSupported((profile) => clearMsrFields(profile, "IA32_VMX_EPT_VPID_CAP", field));
}

function eptFilled(slug: string, fields: readonly MsrFieldDef[], what: string): Quirk {
  return defineQuirk({
    id: `kvm/vmx/${slug}`,
    summary: `L1 is offered ${what} even where the processor lacks them.`,
    affects: ["IA32_VMX_EPT_VPID_CAP"],
    confidence: "source",
    evidence: [SETUP_EPT],
    capabilities: kernelSupported((profile) => fillMsrFields(profile, "IA32_VMX_EPT_VPID_CAP", ...fields)),
  });
}

/** What KVM puts into the capability MSRs beside the control words. */
export const CAPABILITY_MSR_QUIRKS: readonly Quirk[] = [...BASIC_QUIRKS, ...MISC_QUIRKS, ...EPT_QUIRKS, ENUM_QUIRK];
