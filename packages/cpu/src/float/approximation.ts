import type { FloatUnit } from "./float-unit.ts";

/*
 * RCPPS and RSQRTPS. The SDM only limits their error, to 1.5 x 2^-12. The values here are those of an implementation by tables: what the
 * middle of an interval of operands has, rounded to nearest in 12 bits. There are 2048 intervals of significands for reciprocals, and 1024
 * for each parity of the exponent for square roots. No exception is ever signaled, MXCSR is not looked at, denormals are zeros and
 * tiny results become zeros (SDM 2B "RCPPS", "RSQRTPS").
 */

const SIGN = -0x80000000;
const INFINITY = 0x7f800000;
const QUIET = 0x400000;
const INDEFINITE = SIGN | INFINITY | QUIET;
const STEPS = 4096;
/** Shift of a 12-bit fraction to that of binary32. */
const FRACTION_SHIFT = 11;

function nearestStep(fraction: number): number {
  return Math.floor(fraction * STEPS + 0.5) << FRACTION_SHIFT;
}

function reciprocalBits(bits: number): number {
  const sign = bits & SIGN;
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET;
  if (magnitude === INFINITY) return sign;
  const exponent = magnitude >>> 23;
  if (exponent === 0) return sign | INFINITY;
  const resultExponent = 253 - exponent;
  if (resultExponent <= 0) return sign;
  const middle = 1 + (((magnitude >>> 12) & 0x7ff) + 0.5) / 2048;
  return sign | (resultExponent << 23) | nearestStep(2 / middle - 1);
}

function reciprocalRootBits(bits: number): number {
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET;
  const exponent = magnitude >>> 23;
  if (exponent === 0) return (bits & SIGN) | INFINITY;
  if (bits < 0) return INDEFINITE;
  if (magnitude === INFINITY) return 0;
  const middle = 1 + (((magnitude >>> 13) & 0x3ff) + 0.5) / 1024;
  // The bias is odd: an odd field stands for an even power of two.
  const scaled = (exponent & 1) === 1 ? middle : 2 * middle;
  return ((126 - ((exponent - 127) >> 1)) << 23) | nearestStep(2 / Math.sqrt(scaled) - 1);
}

export function reciprocal(u: FloatUnit, x: number, z: number): void {
  u.i32[z] = reciprocalBits(u.i32[x]!);
}

export function reciprocalRoot(u: FloatUnit, x: number, z: number): void {
  u.i32[z] = reciprocalRootBits(u.i32[x]!);
}
