import {
  type ControlName,
  type ControlWord,
  controlMask,
  controlWordDef,
  type MsrFieldDef,
  type MsrName,
  msrAddress,
  msrFieldMask,
  withMsrField,
} from "@hvdiff/spec";
import type { GuestProfile } from "./guest-profile.ts";

const VMX_MSRS: readonly MsrName[] = [
  "IA32_VMX_BASIC",
  "IA32_VMX_PINBASED_CTLS",
  "IA32_VMX_PROCBASED_CTLS",
  "IA32_VMX_EXIT_CTLS",
  "IA32_VMX_ENTRY_CTLS",
  "IA32_VMX_MISC",
  "IA32_VMX_CR0_FIXED0",
  "IA32_VMX_CR0_FIXED1",
  "IA32_VMX_CR4_FIXED0",
  "IA32_VMX_CR4_FIXED1",
  "IA32_VMX_VMCS_ENUM",
  "IA32_VMX_PROCBASED_CTLS2",
  "IA32_VMX_EPT_VPID_CAP",
  "IA32_VMX_TRUE_PINBASED_CTLS",
  "IA32_VMX_TRUE_PROCBASED_CTLS",
  "IA32_VMX_TRUE_EXIT_CTLS",
  "IA32_VMX_TRUE_ENTRY_CTLS",
  "IA32_VMX_VMFUNC",
  "IA32_VMX_PROCBASED_CTLS3",
  "IA32_VMX_EXIT_CTLS2",
];

/** Value of a capability MSR; 0 where the guest has none. */
export function msrOf(profile: GuestProfile, name: MsrName): bigint {
  return profile.msrs.get(msrAddress(name)) ?? 0n;
}

/** Replaces an MSR the guest has; one it has not stays absent. */
export function editMsr(profile: GuestProfile, name: MsrName, edit: (value: bigint) => bigint): void {
  const address = msrAddress(name);
  const value = profile.msrs.get(address);
  if (value !== undefined) profile.msrs.set(address, BigInt.asUintN(64, edit(value)));
}

/** Gives one field of a capability MSR a value. */
export function setMsrField(profile: GuestProfile, name: MsrName, field: MsrFieldDef, value: number | bigint): void {
  editMsr(profile, name, (old) => withMsrField(field, old, value));
}

/** Clears whole fields of a capability MSR. */
export function clearMsrFields(profile: GuestProfile, name: MsrName, ...fields: MsrFieldDef[]): void {
  editMsr(profile, name, (old) => fields.reduce((value, field) => value & ~msrFieldMask(field), old));
}

/** Sets every bit of fields of a capability MSR. */
export function fillMsrFields(profile: GuestProfile, name: MsrName, ...fields: MsrFieldDef[]): void {
  editMsr(profile, name, (old) => fields.reduce((value, field) => value | msrFieldMask(field), old));
}

/**
 * Takes the choice away: a control of the default1 class must then be 1, any other must be 0. The TRUE and the older MSR stay
 * consistent.
 */
export function fixControls<W extends ControlWord>(profile: GuestProfile, word: W, ...names: ControlName<W>[]): void {
  const mask = BigInt(controlMask(word, ...names));
  const { default1 } = controlWordDef(word);
  const mustBeOne = mask & BigInt(default1);
  const mustBeZero = mask & ~BigInt(default1);
  for (const msr of msrsOf(word)) {
    editMsr(profile, msr, (value) => (value & ~(mustBeZero << highShift(word)) & ~mustBeZero) | mustBeOne);
  }
}

/** Lets controls be 1, and where the TRUE MSR governs them, 0 as well. */
export function offerControls<W extends ControlWord>(profile: GuestProfile, word: W, ...names: ControlName<W>[]): void {
  const mask = BigInt(controlMask(word, ...names));
  const { capabilityMsr, trueCapabilityMsr } = controlWordDef(word);
  editMsr(profile, capabilityMsr, (value) => value | (mask << highShift(word)));
  if (trueCapabilityMsr !== undefined)
    editMsr(profile, trueCapabilityMsr, (value) => (value | (mask << highShift(word))) & ~mask);
}

/** Whether a control may be set. */
export function offersControl<W extends ControlWord>(profile: GuestProfile, word: W, name: ControlName<W>): boolean {
  const { capabilityMsr } = controlWordDef(word);
  return ((msrOf(profile, capabilityMsr) >> highShift(word)) & BigInt(controlMask(word, name))) !== 0n;
}

/** Takes VMX away: its CPUID bit and all its MSRs. */
export function removeVmx(profile: GuestProfile): void {
  profile.setCpuid(1, 0, "ecx", profile.cpuid(1, 0, "ecx") & ~(1 << 5));
  for (const name of VMX_MSRS) profile.msrs.delete(msrAddress(name));
}

function msrsOf(word: ControlWord): MsrName[] {
  const { capabilityMsr, trueCapabilityMsr } = controlWordDef(word);
  return trueCapabilityMsr === undefined ? [capabilityMsr] : [capabilityMsr, trueCapabilityMsr];
}

function highShift(word: ControlWord): bigint {
  return controlWordDef(word).capabilityFormat === "allowed0And1" ? 32n : 0n;
}
