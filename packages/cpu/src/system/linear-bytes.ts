import { FAULT_NONE, type Processor } from "../processor.ts";

/** Linear address displaced by an offset: low half; the high half is in `c.hi`. */
export function displaced(c: Processor, low: number, high: number, offset: number): number {
  const sum = (low >>> 0) + offset;
  c.hi = c.in64BitMode ? (high + (sum > 0xffffffff ? 1 : 0)) | 0 : 0;
  return sum | 0;
}

/** A linear address as halves. */
export interface LinearAddress {
  readonly low: number;
  readonly high: number;
}

/** Stores 32-bit words from an offset on. False when a fault is pending. */
export function storeWords(c: Processor, at: LinearAddress, offset: number, words: readonly number[]): boolean {
  for (let n = 0; n < words.length; n++) {
    const low = displaced(c, at.low, at.high, offset + 4 * n);
    c.store32(low, c.hi, words[n]!);
    if (c.fault !== FAULT_NONE) return false;
  }
  return true;
}

/** Loads 32-bit words from an offset on. Null when a fault is pending. */
export function loadWords(c: Processor, at: LinearAddress, offset: number, count: number): number[] | null {
  const words: number[] = [];
  for (let n = 0; n < count; n++) {
    const low = displaced(c, at.low, at.high, offset + 4 * n);
    words.push(c.load32(low, c.hi));
    if (c.fault !== FAULT_NONE) return null;
  }
  return words;
}
