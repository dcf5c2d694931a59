import { FIRMWARE_START, HIGH_ROM, lowRamEnd } from "@hvdiff/machine";

/*
 * Host-physical memory under an L0. The guest's RAM lies far from address 0, so that an address used at the wrong level hits
 * something else, or nothing.
 */

const MIB = 0x100000;

/** Where L0 keeps its own pages: VMCS regions, EPT tables. */
export const L0_MEMORY_BASE = 0x100000;
export const L0_MEMORY_SIZE = 48 * MIB;

/** Host-physical address of the guest's physical address 0. */
export const GUEST_OFFSET = 0x1_4000_0000;

/** Host-physical addresses that nothing backs: guest-physical holes are mapped here, so that they read FF and swallow writes. */
export const UNBACKED_BASE = 0x20_0000_0000;

/** Host-physical addresses behind which L0 keeps the registers of L1's devices, by their guest-physical addresses. */
export const DEVICE_BASE = 0x30_0000_0000;

export const PAGE = 4096;
const LOW_MEMORY_END = 0xa0000;
const FOUR_GIB = 0x1_0000_0000;

/** Whether memory backs a guest-physical address of a guest with so much RAM: RAM itself, and firmware's areas. */
export function isGuestRam(address: number, size: number): boolean {
  if (address < LOW_MEMORY_END) return address >= 0;
  const end = lowRamEnd(size);
  if (address < FOUR_GIB) return (address >= FIRMWARE_START && address < end) || address >= HIGH_ROM.base;
  return address < FOUR_GIB + size - end;
}

/** Host-physical address behind a guest-physical one, backed or not. */
export function hostAddress(address: number, size: number): number {
  return isGuestRam(address, size) ? address + GUEST_OFFSET : UNBACKED_BASE + (address % 0x10_0000_0000);
}
