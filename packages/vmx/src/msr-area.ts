import { hostTsc, type Processor, readMsr, writeMsr } from "@hvdiff/cpu";
import { hi32, lo32, msrAddress } from "@hvdiff/spec";
import { joinAddress } from "./address.ts";
import type { VmxCore } from "./core.ts";

const ENTRY_BYTES = 16;
const FS_BASE = msrAddress("IA32_FS_BASE");
const GS_BASE = msrAddress("IA32_GS_BASE");
const TIME_STAMP_COUNTER = msrAddress("IA32_TIME_STAMP_COUNTER");
const SMM_MONITOR_CTL = 0x9b;
const SMBASE = 0x9e;
const X2APIC_FIRST_BYTE = 8;

/** Where an MSR area lies in the VMCS. */
export interface MsrArea {
  readonly count: number;
  readonly address: number;
}

/** Whether no VM entry or exit may load this MSR, or the entry's reserved half is not zero. */
export function isMsrLoadRefused(index: number, reserved: number): boolean {
  if (reserved !== 0 || index === FS_BASE || index === GS_BASE || index === SMM_MONITOR_CTL) return true;
  return index >>> 8 === X2APIC_FIRST_BYTE;
}

/** Whether no VM exit may store this MSR. */
export function isMsrStoreRefused(index: number): boolean {
  return index === SMBASE || index >>> 8 === X2APIC_FIRST_BYTE;
}

/**
 * Loads MSRs from an area (SDM 3C "Loading MSRs"). Lists longer than IA32_VMX_MISC recommends, of which the manual leaves the
 * behaviour undefined, are walked like others.
 * @returns 0, or the number of the entry that could not be loaded, counting from 1
 */
export function loadMsrArea(core: VmxCore, area: MsrArea): number {
  const { c, vmcs } = core;
  const count = vmcs.lo(area.count) >>> 0;
  if (count === 0) return 0;
  const base = joinAddress(vmcs.lo(area.address), vmcs.hi(area.address));
  for (let n = 0; n < count; n++) {
    const at = base + n * ENTRY_BYTES;
    const index = c.memory.read32(at) >>> 0;
    if (isMsrLoadRefused(index, c.memory.read32(at + 4))) return n + 1;
    if (!writeMsr(c, index, c.memory.read32(at + 8), c.memory.read32(at + 12))) return n + 1;
  }
  return 0;
}

/** The guest's TSC offset is not for the host, whom the area belongs to. */
function storedValue(c: Processor, index: number): bigint | undefined {
  return index === TIME_STAMP_COUNTER ? hostTsc(c, c.retired) : readMsr(c, index);
}

/**
 * Stores MSRs into an area (SDM 3C "Saving MSRs").
 * @returns 0, or the number of the entry that could not be stored, counting from 1
 */
export function storeMsrArea(core: VmxCore, area: MsrArea): number {
  const { c, vmcs } = core;
  const count = vmcs.lo(area.count) >>> 0;
  if (count === 0) return 0;
  const base = joinAddress(vmcs.lo(area.address), vmcs.hi(area.address));
  for (let n = 0; n < count; n++) {
    const at = base + n * ENTRY_BYTES;
    const index = c.memory.read32(at) >>> 0;
    if (c.memory.read32(at + 4) !== 0 || isMsrStoreRefused(index)) return n + 1;
    const value = storedValue(c, index);
    if (value === undefined) return n + 1;
    c.memory.write32(at + 8, lo32(value));
    c.memory.write32(at + 12, hi32(value));
  }
  return 0;
}
