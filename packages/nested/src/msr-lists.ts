import type { VmcsField } from "@hvdiff/spec";
import { isMsrLoadRefused, isMsrStoreRefused, type MemoryVmcs } from "@hvdiff/vmx";
import type { L0 } from "./l0.ts";

const ENTRY_BYTES = 16;

/**
 * Loads an MSR list of vmcs12, entry by entry, with the rules of WRMSR for the CPU that L1 is shown.
 * @param target the VMCS whose guest state receives registers that live there
 * @returns index of the first entry that cannot be loaded, -1 if all were
 */
export function loadMsrs(
  l0: L0,
  v12: MemoryVmcs,
  countField: VmcsField,
  addressField: VmcsField,
  target: MemoryVmcs,
): number {
  const entries = Number(v12.read(countField));
  if (entries === 0) return -1;
  const base = Number(v12.read(addressField));
  l0.guestCpu.sync(target, l0.state);
  for (let at = 0; at < entries; at++) {
    const index = l0.guestCpu.read32(base + at * ENTRY_BYTES) >>> 0;
    const reserved = l0.guestCpu.read32(base + at * ENTRY_BYTES + 4);
    const value = l0.guestCpu.physical64(base + at * ENTRY_BYTES + 8);
    const refused = isMsrLoadRefused(index, reserved) || l0.options.policy.refusedMsrLoads.includes(index);
    if (refused || !l0.guestCpu.writeMsr(target, index, value, l0.state)) return at;
  }
  return -1;
}

/** Stores the VM-exit MSR-store list of vmcs12. Returns the index of an entry that cannot be stored, or -1. */
export function storeMsrs(l0: L0, v12: MemoryVmcs): number {
  const entries = Number(v12.read("vmExitMsrStoreCount"));
  if (entries === 0) return -1;
  const base = Number(v12.read("vmExitMsrStoreAddress"));
  l0.guestCpu.sync(l0.v02, l0.state);
  for (let at = 0; at < entries; at++) {
    const index = l0.guestCpu.read32(base + at * ENTRY_BYTES) >>> 0;
    const value = isMsrStoreRefused(index) ? undefined : l0.guestCpu.readMsr(index);
    if (value === undefined) return at;
    l0.guestCpu.writePhysical64(base + at * ENTRY_BYTES + 8, value);
  }
  return -1;
}
