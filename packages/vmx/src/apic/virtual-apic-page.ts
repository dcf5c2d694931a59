import { joinAddress } from "../address.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";

/*
 * The virtual-APIC page of the running guest, where the registers of its local APIC lie (SDM 3C "Virtual APIC State").
 */

export const VTPR = 0x80;
export const VPPR = 0xa0;
export const VEOI = 0xb0;
export const VISR = 0x100;
export const VIRR = 0x200;
export const VICR_LOW = 0x300;
export const VICR_HIGH = 0x310;
export const SELF_IPI = 0x3f0;

const STRIDE = 16;

/** Its physical address. */
export function virtualApicPage({ vmcs }: VmxCore): number {
  return joinAddress(vmcs.lo(F.VIRTUAL_APIC_ADDRESS), vmcs.hi(F.VIRTUAL_APIC_ADDRESS));
}

export function readVirtual(core: VmxCore, offset: number): number {
  return core.c.memory.read32(virtualApicPage(core) + offset);
}

export function writeVirtual(core: VmxCore, offset: number, value: number): void {
  core.c.memory.write32(virtualApicPage(core) + offset, value);
}

function wordOf(set: number, vector: number): number {
  return set + (vector >>> 5) * STRIDE;
}

/** Adds a vector to VISR or VIRR. */
export function addVector(core: VmxCore, set: number, vector: number): void {
  const at = wordOf(set, vector);
  writeVirtual(core, at, readVirtual(core, at) | (1 << (vector & 31)));
}

export function removeVector(core: VmxCore, set: number, vector: number): void {
  const at = wordOf(set, vector);
  writeVirtual(core, at, readVirtual(core, at) & ~(1 << (vector & 31)));
}

/** Adds 32 vectors at once, the `part`th of eight. */
export function addVectors(core: VmxCore, set: number, part: number, bits: number): void {
  const at = set + part * STRIDE;
  writeVirtual(core, at, readVirtual(core, at) | bits);
}

/** The highest vector of VISR or VIRR; 0 when it is empty. */
export function highestVector(core: VmxCore, set: number): number {
  for (let part = 7; part >= 0; part--) {
    const bits = readVirtual(core, set + part * STRIDE);
    if (bits !== 0) return part * 32 + 31 - Math.clz32(bits);
  }
  return 0;
}
