import type { Processor } from "../processor.ts";
import { FLAG_AUX, FLAG_RESULT, FLAG_RESULT_HIGH } from "../state-layout.ts";

const AF_BIT = 8;

/** Sets the arithmetic flags of `a - b` for operands of 1, 2, 4 or 8 bytes in the lazy form of `flags.ts`. */
export function setSubtractFlags(c: Processor, size: number, a: number, aHigh: number, b: number, bHigh: number): void {
  if (size === 8) {
    setFlags64(c, a, aHigh, b, bHigh);
    return;
  }
  const shift = 32 - size * 8;
  // Moved to the top, operands of every size carry and overflow as 32-bit ones do.
  const x = a << shift;
  const y = b << shift;
  const result = (x - y) | 0;
  const carry = x >>> 0 < y >>> 0 ? 1 : 0;
  const overflow = ((x ^ y) & (x ^ result)) >>> 31;
  const extended = result >> shift;
  setLazy(c, extended, extended >> 31, carry, overflow, ((a ^ b ^ extended) >>> 4) & 1);
}

function setFlags64(c: Processor, a: number, aHigh: number, b: number, bHigh: number): void {
  const low = (a - b) | 0;
  const borrow = a >>> 0 < b >>> 0 ? 1 : 0;
  const high = (aHigh - bHigh - borrow) | 0;
  const carry = aHigh >>> 0 < bHigh >>> 0 || (aHigh === bHigh && borrow === 1) ? 1 : 0;
  const overflow = ((aHigh ^ bHigh) & (aHigh ^ high)) >>> 31;
  setLazy(c, low, high, carry, overflow, ((a ^ b ^ low) >>> 4) & 1);
}

function setLazy(c: Processor, low: number, high: number, carry: number, overflow: number, adjust: number): void {
  c.s[FLAG_RESULT] = low;
  c.s[FLAG_RESULT_HIGH] = high;
  c.s[FLAG_AUX] = (carry << 31) | ((carry ^ overflow) << 30) | (adjust === 1 ? AF_BIT : 0);
}
