import { compareVersions, type ShadowedFields } from "@hvdiff/personality";
import type { VmcsField } from "@hvdiff/spec";

/*
 * Fields of vmcs12 that KVM keeps in a shadow VMCS for L1, by kernel: arrays in arch/x86/kvm/vmx.c before 4.16, since then
 * arch/x86/kvm/vmx/vmcs_shadow_fields.h (under its names then). Those that the processor lacks are left out. Not among them is what L0
 * changes while L1 runs, such as the VM-instruction error. The first list's high halves of 64-bit fields exit in KVM; no L1 in 64-bit mode
 * accesses them.
 */

/** Exit information, in every list. */
const INFORMATION: readonly VmcsField[] = [
  "exitReason",
  "vmExitInterruptionInformation",
  "vmExitInstructionLength",
  "idtVectoringInformation",
  "idtVectoringErrorCode",
  "vmExitInterruptionErrorCode",
  "exitQualification",
  "guestLinearAddress",
  "guestPhysicalAddress",
];

/** What every list has of the rest. */
const ALWAYS: readonly VmcsField[] = [
  "tprThreshold",
  "guestRip",
  "guestRsp",
  "guestCr0",
  "guestCr3",
  "guestCr4",
  "guestInterruptibilityState",
  "guestRflags",
  "cr0GuestHostMask",
  "cr0ReadShadow",
  "cr4ReadShadow",
  "exceptionBitmap",
  "primaryProcessorBasedControls",
  "vmEntryExceptionErrorCode",
  "vmEntryInterruptionInformation",
  "vmEntryInstructionLength",
  "hostFsBase",
  "hostGsBase",
  "hostFsSelector",
  "hostGsSelector",
];

const OLDEST: readonly VmcsField[] = [
  "guestCsSelector",
  "guestCsAccessRights",
  "guestCsLimit",
  "guestCsBase",
  "guestEsBase",
  "guestIa32Bndcfgs",
  "tscOffset",
];

/** c5d167b27e00 "KVM: vmx: shadow more fields that are read/written on every vmexits". */
const EVERY_EXIT: readonly VmcsField[] = ["guestInterruptStatus", "pmlIndex", "vmxPreemptionTimerValue"];

const ACCESS_RIGHTS: readonly VmcsField[] = ["guestCsAccessRights", "guestSsAccessRights"];

interface ListSince extends Omit<ShadowedFields, "unknownEncodings"> {
  readonly since: string;
}

const LISTS: readonly ListSince[] = [
  // "KVM: nVMX: Intercept VMWRITEs to GUEST_{CS,SS}_AR_BYTES" and "KVM: nVMX: shadow pin based execution controls", both of 5.3
  {
    since: "5.3",
    readOnly: [...INFORMATION, ...ACCESS_RIGHTS],
    readWrite: [...ALWAYS, ...EVERY_EXIT, "pinBasedControls"],
  },
  { since: "4.16", readOnly: INFORMATION, readWrite: [...ALWAYS, ...EVERY_EXIT, ...ACCESS_RIGHTS] },
  { since: "4.14", readOnly: INFORMATION, readWrite: [...ALWAYS, ...OLDEST] },
];

/** The fields that a kernel shadows. */
export function shadowedFields(version: string): ShadowedFields {
  const { readOnly, readWrite } = LISTS.find(({ since }) => compareVersions(version, since) >= 0) ?? LISTS.at(-1)!;
  return { readOnly, readWrite, unknownEncodings: false };
}
