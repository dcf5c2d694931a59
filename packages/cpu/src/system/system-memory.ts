import { FAULT_NONE, type Processor } from "../processor.ts";
import { EFER, SEGMENT_BASE, SEGMENT_BASE_HIGH, SEGMENT_STRIDE, SEGMENTS } from "../state-layout.ts";
import { EFER_LMA } from "./control-bits.ts";

/** Adds an offset to a table's base, of which only 32 bits count outside IA-32e mode. Low half; the high half is in `c.hi`. */
function tableAddress(c: Processor, baseLow: number, baseHigh: number, offset: number): number {
  const sum = (baseLow >>> 0) + offset;
  c.hi = (c.s[EFER]! & EFER_LMA) === 0 ? 0 : (baseHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  return sum | 0;
}

/**
 * Loads 1 to 8 bytes of a descriptor table or TSS: an implicit supervisor access (SDM 3A "Access Rights"). `word` is the state word of
 * the table's 64-bit base.
 */
export function loadSystem(c: Processor, word: number, offset: number, size: number): number {
  const low = tableAddress(c, c.s[word]!, c.s[word + 1]!, offset);
  return loadSystemAt(c, low, c.hi, size);
}

/** Loads as `loadSystem` does, from a linear address. */
export function loadSystemAt(c: Processor, low: number, high: number, size: number): number {
  c.implicitAccess = true;
  const value = c.loadAs(low, high, size, false);
  c.implicitAccess = false;
  return value;
}

/** Stores 1 to 4 bytes in a descriptor table or TSS. False when a fault is pending. */
export function storeSystem(c: Processor, word: number, offset: number, size: number, value: number): boolean {
  const low = tableAddress(c, c.s[word]!, c.s[word + 1]!, offset);
  const high = c.hi;
  c.implicitAccess = true;
  c.storeAs(low, high, size, value, 0, false);
  c.implicitAccess = false;
  return c.fault === FAULT_NONE;
}

/** State word of the 64-bit base of a segment register. */
export function baseWord(register: number): number {
  return SEGMENTS + register * SEGMENT_STRIDE + SEGMENT_BASE;
}

/** Sets the base of a segment register. */
export function setBase(c: Processor, register: number, low: number, high: number): void {
  const word = SEGMENTS + register * SEGMENT_STRIDE;
  c.s[word + SEGMENT_BASE] = low;
  c.s[word + SEGMENT_BASE_HIGH] = high;
}
