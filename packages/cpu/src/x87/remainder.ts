import { EXTENDED } from "./formats.ts";
import { nanResult } from "./nan.ts";
import type { Operation } from "./operation.ts";
import { isInfinity, isZero, normalized, type Real, realOf, significand, zero } from "./real.ts";
import { C0, C1, C2, C3 } from "./registers.ts";
import { round } from "./rounding.ts";

/** What FPREM and FPREM1 give. */
export interface Remainder {
  readonly value: Real;
  /** C2 for a partial remainder, else the three low bits of the quotient in C0, C3 and C1; null if there is no quotient. */
  readonly conditions: number | null;
}

const COMPLETE_BITS = 64;

function quotientBits(quotient: bigint): number {
  const bits = Number(quotient & 7n);
  return ((bits & 1) !== 0 ? C1 : 0) | ((bits & 2) !== 0 ? C3 : 0) | ((bits & 4) !== 0 ? C0 : 0);
}

/** A magnitude with the exponent of a significand of which it would be the integer. Exact, but it may be denormal. */
function exactReal(x: Operation, sign: number, exponent: number, magnitude: bigint): Real {
  const excess = 64 - magnitude.toString(2).length;
  const n = realOf(sign, exponent - excess, magnitude << BigInt(excess));
  return round(x, EXTENDED, n.sign, n.exponent, n.high, n.low, 0);
}

/** Part of the reduction when the exponents are far apart: by at least 32 and less than 64 bits. */
function partial(x: Operation, a: Real, b: Real, distance: number): Remainder {
  const bits = (distance & 31) | 32;
  const rest = (significand(a) << BigInt(bits)) % significand(b);
  const value = rest === 0n ? zero(a.sign) : exactReal(x, a.sign, b.exponent + distance - bits, rest);
  return { value, conditions: C2 };
}

function complete(x: Operation, a: Real, b: Real, nearest: boolean): Remainder {
  const base = Math.min(a.exponent, b.exponent);
  const dividend = significand(a) << BigInt(a.exponent - base);
  const divisor = significand(b) << BigInt(b.exponent - base);
  let [quotient, rest, sign] = [dividend / divisor, dividend % divisor, a.sign];
  const twice = rest * 2n;
  if (nearest && (twice > divisor || (twice === divisor && (quotient & 1n) === 1n))) {
    quotient++;
    rest = divisor - rest;
    sign ^= 1;
  }
  const value = rest === 0n ? zero(a.sign) : exactReal(x, sign, base, rest);
  return { value, conditions: quotientBits(quotient) };
}

/** FPREM, which truncates the quotient, and FPREM1, which rounds it to nearest. */
export function remainder(x: Operation, a: Real, b: Real, nearest: boolean): Remainder {
  const nan = nanResult(x, a, b);
  if (nan !== null) return { value: nan, conditions: null };
  if (isInfinity(a) || isZero(b)) return { value: x.invalid(), conditions: null };
  x.noteDenormals(a, b);
  if (isZero(a)) return { value: a, conditions: 0 };
  const [dividend, divisor] = [normalized(a), normalized(b)];
  if (isInfinity(b)) return { value: exactReal(x, a.sign, dividend.exponent, significand(dividend)), conditions: 0 };
  const distance = dividend.exponent - divisor.exponent;
  if (distance < -1) return { value: exactReal(x, a.sign, dividend.exponent, significand(dividend)), conditions: 0 };
  return distance < COMPLETE_BITS ? complete(x, dividend, divisor, nearest) : partial(x, dividend, divisor, distance);
}
