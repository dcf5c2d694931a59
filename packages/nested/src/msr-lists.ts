import type { VmcsField } from "@hvdiff/spec";
import { isMsrLoadRefused, isMsrStoreRefused, type MemoryVmcs } from "@hvdiff/vmx";
import { readOfferedMsr, writeOfferedMsr } from "./offered-msrs.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const ENTRY_BYTES = 16;

/**
 * Loads an MSR list of vmcs12, entry by entry, with the rules of WRMSR for the CPU that L1 is shown.
 * @param target the VMCS whose guest state receives registers that live there
 * @returns index of the first entry that cannot be loaded, -1 if all were
 */
export function loadMsrs(
  vcpu: VmxVcpu,
  v12: MemoryVmcs,
  countField: VmcsField,
  addressField: VmcsField,
  target: MemoryVmcs,
): number {
  const entries = Number(v12.read(countField));
  if (entries === 0) return -1;
  const base = Number(v12.read(addressField));
  vcpu.guestCpu.sync(target, vcpu.state);
  for (let at = 0; at < entries; at++) {
    if (at >= vcpu.l0.options.policy.msrListLimit) return at;
    const index = vcpu.guestCpu.read32(base + at * ENTRY_BYTES) >>> 0;
    const reserved = vcpu.guestCpu.read32(base + at * ENTRY_BYTES + 4);
    const value = vcpu.guestCpu.physical64(base + at * ENTRY_BYTES + 8);
    const refused = isMsrLoadRefused(index, reserved) || vcpu.l0.options.policy.refusedMsrLoads.includes(index);
    if (refused) return at;
    const isWritten = writeOfferedMsr(vcpu, index, value) ?? vcpu.guestCpu.writeMsr(target, index, value, vcpu.state);
    if (!isWritten) return at;
  }
  return -1;
}

/** Stores the VM-exit MSR-store list of vmcs12. Returns the index of an entry that cannot be stored, or -1. */
export function storeMsrs(vcpu: VmxVcpu, v12: MemoryVmcs): number {
  const entries = Number(v12.read("vmExitMsrStoreCount"));
  if (entries === 0) return -1;
  const base = Number(v12.read("vmExitMsrStoreAddress"));
  vcpu.guestCpu.sync(vcpu.v02, vcpu.state);
  for (let at = 0; at < entries; at++) {
    if (at >= vcpu.l0.options.policy.msrListLimit) return at;
    const index = vcpu.guestCpu.read32(base + at * ENTRY_BYTES) >>> 0;
    const value = isMsrStoreRefused(index) ? undefined : (readOfferedMsr(vcpu, index) ?? vcpu.guestCpu.readMsr(index));
    if (value === undefined) return at;
    vcpu.guestCpu.writePhysical64(base + at * ENTRY_BYTES + 8, value);
  }
  return -1;
}
