import type { VmcsField } from "@hvdiff/spec";

/** Where KVM's `struct vmcs12` has fields, as far as they are on record; it is an ABI of nested migration. */
export const VMCS12_OFFSETS: Readonly<Partial<Record<VmcsField, number>>> = {
  ioBitmapA: 40,
  msrBitmap: 56,
  eptPointer: 120,
  vmcsLinkPointer: 176,
  cr0GuestHostMask: 344,
  exitQualification: 408,
  guestCr0: 424,
  pinBasedControls: 744,
  primaryProcessorBasedControls: 748,
  vmInstructionError: 808,
  exitReason: 812,
  vmxPreemptionTimerValue: 928,
  virtualProcessorIdentifier: 960,
  pmlIndex: 996,
};
