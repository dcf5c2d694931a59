import type { Format } from "./formats.ts";
import { DOWN, NEAREST, OE, type Operation, PE, TRUNCATE, UE, UP } from "./operation.ts";
import { INTEGER_BIT, infinity, type Real, real, zero } from "./real.ts";

/** What unmasked overflow and underflow move the exponent by (SDM 1 "Numeric Overflow Exception"). */
const ADJUSTMENT = 24576;

/** Whether a significand with these bits behind its last place grows by one there. */
function roundsUp(x: Operation, sign: number, odd: number, guard: number, sticky: number): boolean {
  switch (x.rounding) {
    case NEAREST:
      return guard !== 0 && (sticky | odd) !== 0;
    case DOWN:
      return sign !== 0 && (guard | sticky) !== 0;
    case UP:
      return sign === 0 && (guard | sticky) !== 0;
    default:
      return false;
  }
}

/**
 * Rounds a significand of 96 bits to a precision. Leaves its halves in `x.high` and `x.low`, `x.carry` (it became 2), `x.inexact` and
 * `x.up`. The low bit of `rest` stands for all that follows it.
 */
function roundSignificand(
  x: Operation,
  precision: number,
  sign: number,
  high: number,
  low: number,
  rest: number,
): void {
  if (precision === 64) {
    roundPlace(x, sign, low & 1, rest >>> 31, rest << 1);
    incremented(x, high, low, x.up ? 1 : 0);
  } else if (precision === 53) {
    roundPlace(x, sign, (low >>> 11) & 1, (low >>> 10) & 1, (low & 0x3ff) | rest);
    incremented(x, high, low & ~0x7ff, x.up ? 0x800 : 0);
  } else {
    roundPlace(x, sign, (high >>> 8) & 1, (high >>> 7) & 1, (high & 0x7f) | low | rest);
    incremented(x, (high & ~0xff) + (x.up ? 0x100 : 0), 0, 0);
    if (x.up && (high & ~0xff) === ~0xff) x.carry = 1;
  }
  if (x.carry !== 0) x.high = INTEGER_BIT;
}

function roundPlace(x: Operation, sign: number, odd: number, guard: number, sticky: number): void {
  x.inexact = (guard | sticky) !== 0;
  x.up = roundsUp(x, sign, odd, guard, sticky);
}

function incremented(x: Operation, high: number, low: number, step: number): void {
  const sum = (low >>> 0) + step;
  x.low = sum | 0;
  const wraps = sum > 0xffffffff;
  x.high = (high + (wraps ? 1 : 0)) | 0;
  x.carry = wraps && x.high === 0 ? 1 : 0;
}

/** Shifts 96 bits right; bits that fall out stay as the lowest one. The result is in `x.high`, `x.low` and `x.rest`. */
export function shiftRightSticky(x: Operation, high: number, low: number, rest: number, count: number): void {
  let [h, l, r, lost] = [high, low, rest, 0];
  let left = Math.min(count, 97);
  for (; left >= 32; left -= 32) [h, l, r, lost] = [0, h, l, lost | r];
  if (left > 0) {
    lost |= r << (32 - left);
    r = (r >>> left) | (l << (32 - left));
    l = (l >>> left) | (h << (32 - left));
    h >>>= left;
  }
  x.high = h | 0;
  x.low = l | 0;
  x.rest = lost === 0 ? r | 0 : r | 1;
}

/**
 * Rounds a significand to an integer of so many places fewer: halves in `x.high` and `x.low`, `x.carry` if it became 2^64. With `places`
 * negative the number is too large already.
 */
export function roundToPlaces(x: Operation, sign: number, high: number, low: number, places: number): void {
  if (places <= 0) {
    x.high = high;
    x.low = low;
    x.carry = places < 0 ? 1 : 0;
    return;
  }
  shiftRightSticky(x, high, low, 0, places);
  roundSignificand(x, 64, sign, x.high, x.low, x.rest);
  accept(x);
}

function accept(x: Operation): void {
  if (!x.inexact) return;
  x.flags |= PE;
  x.roundedUp = x.up;
}

/**
 * The result of an operation: a significand with its integer bit set and 32 bits more, rounded to a format; overflow, underflow and
 * inexact results are noted. A masked underflow is tiny and inexact, and tininess is seen after rounding.
 */
export function round(
  x: Operation,
  format: Format,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  rest: number,
): Real {
  roundSignificand(x, format.precision, sign, high, low, rest);
  const final = exponent + x.carry;
  if (final > format.maxExponent) return overflow(x, format, sign, final);
  if (final < format.minExponent) return underflow(x, format, sign, exponent, high, low, rest);
  accept(x);
  return real(sign, final, x.high, x.low);
}

function overflow(x: Operation, format: Format, sign: number, exponent: number): Real {
  x.flags |= OE;
  if (!x.isMasked(OE)) return adjusted(x, format, sign, exponent - ADJUSTMENT);
  const toLargest = x.rounding === TRUNCATE || x.rounding === (sign === 0 ? DOWN : UP);
  x.flags |= PE;
  x.roundedUp = !toLargest;
  if (!toLargest) return { ...infinity(sign), exponent: format.maxExponent + 1 };
  return real(sign, format.maxExponent, ...LARGEST[format.precision]);
}

/** The result that an unmasked handler gets. FSCALE can lead so far out of range that not even the adjusted exponent fits. */
function adjusted(x: Operation, format: Format, sign: number, exponent: number): Real {
  if (exponent >= format.minExponent && exponent <= format.maxExponent) {
    accept(x);
    return real(sign, exponent, x.high, x.low);
  }
  x.flags |= PE;
  x.roundedUp = exponent > format.maxExponent;
  return x.roundedUp ? infinity(sign) : zero(sign);
}

const LARGEST: Readonly<Record<Format["precision"], readonly [high: number, low: number]>> = {
  24: [~0xff, 0],
  53: [-1, ~0x7ff],
  64: [-1, -1],
};

function underflow(
  x: Operation,
  format: Format,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  rest: number,
): Real {
  if (!x.isMasked(UE)) {
    x.flags |= UE;
    return adjusted(x, format, sign, exponent + x.carry + ADJUSTMENT);
  }
  shiftRightSticky(x, high, low, rest, format.minExponent - exponent);
  roundSignificand(x, format.precision, sign, x.high, x.low, x.rest);
  if (x.inexact) x.flags |= UE;
  accept(x);
  // Without the integer bit the exponent field is that of denormals, one below the least.
  return real(sign, format.minExponent - (x.high < 0 ? 0 : 1), x.high, x.low);
}
