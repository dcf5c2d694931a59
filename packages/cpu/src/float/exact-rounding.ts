import { signed } from "./exact-value.ts";
import type { FloatUnit } from "./float-unit.ts";
import type { Format } from "./format.ts";
import { OVERFLOW, PRECISION, ROUND_DOWN, ROUND_NEAREST, ROUND_TRUNCATE, ROUND_UP, UNDERFLOW } from "./mxcsr.ts";

/** A magnitude that is `significand` x 2^`exponent`, or a little more if `sticky`. */
export interface Unrounded {
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  readonly sticky: boolean;
}

interface Rounded {
  readonly kept: bigint;
  readonly inexact: boolean;
}

/** Number of significant bits. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0]!, 16)) + 28;
}

function awayFromZero(mode: number, value: Unrounded, kept: bigint, rest: bigint, half: bigint): boolean {
  if (mode === ROUND_TRUNCATE) return false;
  if (mode !== ROUND_NEAREST) return mode === (value.negative ? ROUND_DOWN : ROUND_UP);
  if (rest !== half) return rest > half;
  return value.sticky || (kept & 1n) === 1n;
}

/** Rounds to a multiple of 2^`unit`, returned in units. A sticky value must have bits below its unit. */
export function roundToUnit(mode: number, value: Unrounded, unit: number): Rounded {
  const shift = unit - value.exponent;
  if (shift <= 0) return { kept: value.significand << BigInt(-shift), inexact: value.sticky };
  const kept = value.significand >> BigInt(shift);
  const rest = value.significand - (kept << BigInt(shift));
  if (rest === 0n && !value.sticky) return { kept, inexact: false };
  const up = awayFromZero(mode, value, kept, rest, 1n << BigInt(shift - 1));
  return { kept: up ? kept + 1n : kept, inexact: true };
}

function overflowResult(u: FloatUnit, f: Format, negative: boolean): bigint {
  const infinite = u.rounding === ROUND_NEAREST || u.rounding === (negative ? ROUND_DOWN : ROUND_UP);
  return signed(f, negative, infinite ? f.infinity : f.infinity - 1n);
}

/**
 * Rounds a magnitude that is not zero to a format, with overflow, underflow and precision exceptions. Tiny is what stays below the
 * normal numbers when it is rounded as if exponents had no limit. Masked, underflow is for results that are tiny and inexact, or
 * flushed; unmasked it is for all tiny ones. An unmasked overflow or underflow is inexact only if that unlimited result is
 * (SDM 1 "Numeric Overflow Exception (#O)", "Numeric Underflow Exception (#U)").
 */
export function roundToFormat(u: FloatUnit, f: Format, value: Unrounded): bigint {
  const { negative } = value;
  const top = bitLength(value.significand) - 1 + value.exponent;
  const unlimited = roundToUnit(u.rounding, value, top - f.fraction);
  const carried = unlimited.kept === f.integerBit << 1n ? 1 : 0;
  if (top + carried < 1 - f.bias) return roundTiny(u, f, value, unlimited.inexact);
  if (unlimited.inexact) u.flags |= PRECISION;
  if (top + carried <= f.bias) return signed(f, negative, packed(f, top - f.fraction, unlimited.kept));
  u.flags |= u.overflowMasked ? OVERFLOW | PRECISION : OVERFLOW;
  return overflowResult(u, f, negative);
}

function roundTiny(u: FloatUnit, f: Format, value: Unrounded, inexactUnlimited: boolean): bigint {
  const unit = 1 - f.bias - f.fraction;
  const { kept, inexact } = roundToUnit(u.rounding, value, unit);
  if (!u.underflowMasked) u.flags |= inexactUnlimited ? UNDERFLOW | PRECISION : UNDERFLOW;
  else if (inexact || u.flushToZero) u.flags |= UNDERFLOW | PRECISION;
  return signed(f, value.negative, u.flushToZero ? 0n : packed(f, unit, kept));
}

/**
 * The magnitude that is `kept` x 2^`unit`. A significand that rounding carried out of its width, or into the normal numbers, counts
 * the exponent up by itself.
 */
function packed(f: Format, unit: number, kept: bigint): bigint {
  return (BigInt(unit + f.fraction + f.bias - 1) << BigInt(f.fraction)) + kept;
}
