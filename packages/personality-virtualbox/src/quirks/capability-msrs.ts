import {
  clearMsrFields,
  defineQuirk,
  editMsr,
  fixControls,
  type GuestProfile,
  type Quirk,
  setMsrField,
} from "@hvdiff/personality";
import { type MsrFieldDef, msrAddress, VMX_BASIC, VMX_EPT_VPID_CAP, VMX_MISC } from "@hvdiff/spec";
import { CPUM, CPUM_61, HM_VMX_HEADER } from "../evidence.ts";

const REVISION = 0x4000_0001;
const REGION_SIZE = 0x1000;
const TIMER_RATE = 5;
/** Highest field index of VirtualBox's own VMCS table, by release. */
const HIGHEST_FIELD = { since7: 34n, before7: 25n };

function kernelSupported(apply: (profile: GuestProfile) => void): NonNullable<Quirk["capabilities"]> {
  return { stage: "kernel-supported", apply };
}

const BASIC_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox/vmx/revision-id",
    summary: "The VMCS revision identifier is VirtualBox's own 0x40000001, not the processor's.",
    affects: ["IA32_VMX_BASIC", "revisionId"],
    confidence: "source",
    evidence: [HM_VMX_HEADER],
    capabilities: kernelSupported((profile) => setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.revisionId, REVISION)),
  }),
  defineQuirk({
    id: "virtualbox/vmx/region-size",
    summary: "VMXON and VMCS regions are 4096 bytes, whatever the processor's size is.",
    affects: ["IA32_VMX_BASIC", "regionSize"],
    confidence: "source",
    evidence: [HM_VMX_HEADER, CPUM],
    capabilities: kernelSupported((profile) =>
      setMsrField(profile, "IA32_VMX_BASIC", VMX_BASIC.regionSize, REGION_SIZE),
    ),
  }),
  defineQuirk({
    id: "virtualbox/vmx/no-dual-monitor",
    summary: "The dual-monitor treatment of SMM does not exist, nor do its entry controls and MSEG revision.",
    affects: ["IA32_VMX_BASIC", "IA32_VMX_MISC", "IA32_VMX_ENTRY_CTLS"],
    confidence: "source",
    evidence: [CPUM],
    capabilities: kernelSupported((profile) => {
      clearMsrFields(profile, "IA32_VMX_BASIC", VMX_BASIC.dualMonitorTreatment);
      clearMsrFields(profile, "IA32_VMX_MISC", VMX_MISC.smmMonitorCtlBlockSmi, VMX_MISC.msegRevisionId);
      fixControls(profile, "entry", "entryToSmm", "deactivateDualMonitorTreatment");
    }),
  }),
];

const MISC_QUIRKS: readonly Quirk[] = [
  miscSet("preemption-timer-rate-5", VMX_MISC.preemptionTimerRate, TIMER_RATE, "The VMX-preemption timer's rate is 5."),
  miscSet(
    "no-wait-for-sipi-activity-state",
    VMX_MISC.activityWaitForSipi,
    0,
    "Wait-for-SIPI is not an activity state.",
  ),
  miscSet("no-pt-in-vmx", VMX_MISC.processorTraceInVmx, 0, "Processor trace may not be used in VMX operation."),
  miscSet("no-smbase-msr", VMX_MISC.smbaseMsr, 0, "The MSR that tells SMBASE in SMM is not offered."),
  miscSet("no-vmwrite-any-field", VMX_MISC.vmwriteExitInformation, 0, "VMWRITE to exit-information fields fails."),
];

function miscSet(slug: string, field: MsrFieldDef, value: number, summary: string): Quirk {
  return defineQuirk({
    id: `virtualbox/vmx/${slug}`,
    summary,
    affects: ["IA32_VMX_MISC"],
    confidence: "source",
    evidence: [CPUM],
    capabilities: kernelSupported((profile) => setMsrField(profile, "IA32_VMX_MISC", field, value)),
  });
}

const NO_VMFUNC_MSR = defineQuirk({
  id: "virtualbox/vmx/no-vmfunc-msr",
  summary: "IA32_VMX_VMFUNC does not exist.",
  affects: ["IA32_VMX_VMFUNC"],
  confidence: "source",
  evidence: [CPUM],
  capabilities: kernelSupported((profile) => {
    profile.msrs.delete(msrAddress("IA32_VMX_VMFUNC"));
  }),
});

const VMCS_ENUM: readonly Quirk[] = [
  vmcsEnum("vmcs-enum-own-table", HIGHEST_FIELD.since7, { since: "7.0", confidence: "inferred", evidence: [CPUM] }),
  vmcsEnum("vmcs-enum-own-table-6", HIGHEST_FIELD.before7, {
    until: "7.0",
    confidence: "assumed",
    evidence: [CPUM_61],
  }),
];

function vmcsEnum(
  slug: string,
  index: bigint,
  range: Pick<Quirk, "since" | "until" | "confidence" | "evidence">,
): Quirk {
  return defineQuirk({
    id: `virtualbox/vmx/${slug}`,
    summary: "The highest VMCS field index is that of VirtualBox's own table, not the processor's.",
    affects: ["IA32_VMX_VMCS_ENUM"],
    ...range,
    capabilities: kernelSupported((profile) => editMsr(profile, "IA32_VMX_VMCS_ENUM", () => index << 1n)),
  });
}

/** What VirtualBox puts into the capability MSRs beside the control words. */
export const CAPABILITY_MSR_QUIRKS: readonly Quirk[] = [...BASIC_QUIRKS, ...MISC_QUIRKS, NO_VMFUNC_MSR, ...VMCS_ENUM];

const EPT_HALF = 0xffff_ffffn;

/** What L1 is offered of EPT and VPIDs. */
export const EPT_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox/vmx/no-ept",
    summary: "L1 is not offered EPT: not before 7.0, and not in a build with the instruction recompiler.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "IA32_VMX_EPT_VPID_CAP", "enableEpt"],
    confidence: "source",
    evidence: [CPUM_61, CPUM],
    when: (context) => context.parameter("nested-ept") === "0",
    capabilities: kernelSupported((profile) => {
      fixControls(profile, "secondary", "enableEpt");
      editMsr(profile, "IA32_VMX_EPT_VPID_CAP", (value) => value & ~EPT_HALF);
    }),
  }),
  defineQuirk({
    id: "virtualbox/vmx/no-unrestricted-guest",
    summary: "L1 is not offered unrestricted guests where it is not offered EPT.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "unrestrictedGuest"],
    confidence: "source",
    evidence: [CPUM_61, CPUM],
    when: (context) => context.parameter("nested-ept") === "0",
    capabilities: kernelSupported((profile) => fixControls(profile, "secondary", "unrestrictedGuest")),
  }),
  defineQuirk({
    id: "virtualbox/vmx/no-vpid",
    summary: "L1 is not offered VPIDs nor INVVPID.",
    affects: ["IA32_VMX_PROCBASED_CTLS2", "IA32_VMX_EPT_VPID_CAP", "enableVpid"],
    until: "7.0",
    confidence: "source",
    evidence: [CPUM_61],
    capabilities: kernelSupported((profile) => {
      fixControls(profile, "secondary", "enableVpid");
      editMsr(profile, "IA32_VMX_EPT_VPID_CAP", (value) => value & EPT_HALF);
    }),
  }),
  defineQuirk({
    id: "virtualbox/vmx/no-invvpid-types-without-ept",
    summary: "Without EPT the control for VPIDs is offered, but no type of INVVPID.",
    affects: ["IA32_VMX_EPT_VPID_CAP"],
    since: "7.0",
    confidence: "inferred",
    evidence: [CPUM],
    when: (context) => context.parameter("nested-ept") === "0",
    capabilities: kernelSupported((profile) => editMsr(profile, "IA32_VMX_EPT_VPID_CAP", (value) => value & EPT_HALF)),
  }),
  eptHides("ept-no-1g-pages", "1-GiB EPT pages", VMX_EPT_VPID_CAP.page1G),
  eptHides("ept-no-accessed-dirty", "accessed and dirty flags in EPT", VMX_EPT_VPID_CAP.accessedDirty),
  eptHides(
    "ept-no-advanced-exit-information",
    "advanced information for EPT violations",
    VMX_EPT_VPID_CAP.advancedExitInformation,
  ),
];

function eptHides(slug: string, what: string, field: MsrFieldDef): Quirk {
  return defineQuirk({
    id: `virtualbox/vmx/${slug}`,
    summary: `L1 is not offered ${what}.`,
    affects: ["IA32_VMX_EPT_VPID_CAP"],
    confidence: "source",
    evidence: [CPUM],
    when: (context) => context.parameter("nested-ept") === "1",
    capabilities: kernelSupported((profile) => clearMsrFields(profile, "IA32_VMX_EPT_VPID_CAP", field)),
  });
}
