import { roundWide } from "./divide.ts";
import { EXTENDED } from "./formats.ts";
import type { Operation } from "./operation.ts";
import { BIAS, type Real } from "./real.ts";

/**
 * Bits behind the binary point in which transcendental functions are evaluated: enough for results that are good to far more than the 64
 * bits that are kept.
 */
export const FRACTION_BITS = 224n;
export const UNIT = 1n << FRACTION_BITS;

/** Product of two fixed-point numbers. */
export function times(a: bigint, b: bigint): bigint {
  return (a * b) >> FRACTION_BITS;
}

/** Sum of a power series in `square` whose coefficients follow from each other by a division; until terms vanish. */
export function series(first: bigint, square: bigint, divisor: (n: bigint) => bigint): bigint {
  let [sum, term] = [first, first];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = times(term, square) / divisor(n);
    sum += term;
  }
  return sum;
}

/** 1 + s/3 + s^2/5 + …: atanh(z) / z for s = z^2, and atan(z) / z for s = -z^2. */
export function inverseTangentSeries(square: bigint): bigint {
  let [sum, power] = [UNIT, UNIT];
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = times(power, square);
    sum += power / n;
  }
  return sum;
}

/** ln 2 = 2 atanh(1/3). */
export const LN2 = (2n * inverseTangentSeries(UNIT / 9n)) / 3n;

function inverseTangentOf(denominator: bigint): bigint {
  return inverseTangentSeries(-UNIT / (denominator * denominator)) / denominator;
}

/** pi = 16 atan(1/5) - 4 atan(1/239). */
export const PI = 16n * inverseTangentOf(5n) - 4n * inverseTangentOf(239n);

/** Power of two by which the significand of a normalized number is to be multiplied, read as an integer. */
export function integerExponent(a: Real): number {
  return a.exponent - BIAS - 63;
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** Rounds magnitude x 2^exponent, with a sign, to a register. `inexact`: the magnitude itself is cut off. */
export function roundMagnitude(
  x: Operation,
  sign: number,
  magnitude: bigint,
  exponent: number,
  inexact: boolean,
): Real {
  const excess = bitLength(magnitude) - 96;
  const bits = excess >= 0 ? magnitude >> BigInt(excess) : magnitude << BigInt(-excess);
  const lost = excess > 0 && bits << BigInt(excess) !== magnitude;
  return roundWide(x, EXTENDED, sign, exponent + excess + 95 + BIAS, bits, inexact || lost);
}

export function magnitudeOf(value: bigint): bigint {
  return value < 0n ? -value : value;
}
