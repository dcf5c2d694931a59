import { FIRMWARE_START, HIGH_ROM, lowRamEnd } from "@hvdiff/machine";

/*
 * Host-physical memory under an L0. The guest's RAM lies far from address 0, so that an address used at the wrong level hits
 * something else, or nothing.
 */

const MIB = 0x100000;

/** Where L0 keeps its own pages: VMCS regions, EPT tables. */
export const L0_MEMORY_BASE = 0x100000;
export const L0_MEMORY_SIZE = 48 * MIB;

/**
 * What an L0 tells the processor of its own mode, by linear and physical address. On the machine itself nothing is ever fetched or looked up
 * there; a client that stands on another has all of it in memory (`stack/client-page.ts`).
 */
export const CLIENT = {
  tables: 0x1000,
  gdt: 0x4000,
  idt: 0x5000,
  taskState: 0x6000,
  /** One instruction each, and a jump to the gate. */
  stubs: 0x7000,
  operands: 0x8000,
  gate: 0x9000,
  /** Its top. */
  stack: 0xb000,
  code: 0x10,
  data: 0x18,
  task: 0x40,
} as const;

/** Where in the gate's page what is told to a client. An exception or interrupt comes at `vectors`, 8 bytes for each. */
export const GATE = { start: 0, done: 8, exit: 16, vectors: 0x100 } as const;

/** Host-physical address of the guest's physical address 0. */
export const GUEST_OFFSET = 0x1_4000_0000;

/**
 * Host-physical addresses that nothing backs: guest-physical holes are mapped here, so that they read FF and swallow writes. Behind the most RAM that a
 * guest may have, and within 36 bits: no processor with EPT has fewer.
 */
export const UNBACKED_BASE = 0xc_0000_0000;
const UNBACKED_SIZE = 0x3_0000_0000;

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
  return isGuestRam(address, size) ? address + GUEST_OFFSET : UNBACKED_BASE + (address % UNBACKED_SIZE);
}
