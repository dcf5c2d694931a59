import {
  FRACTION_BITS,
  integerExponent,
  inverseTangentSeries,
  LN2,
  magnitudeOf,
  roundMagnitude,
  times,
} from "./fixed-point.ts";
import { nanResult } from "./nan.ts";
import { DE, type Operation, PE, UE, ZE } from "./operation.ts";
import {
  BIAS,
  INTEGER_BIT,
  infinity,
  isDenormal,
  isInfinity,
  isZero,
  normalized,
  type Real,
  significand,
  zero,
} from "./real.ts";

/** A logarithm to base 2 as value x 2^-scale. */
interface Logarithm {
  readonly value: bigint;
  readonly scale: number;
  readonly exact: boolean;
}

const LOG_SCALE = FRACTION_BITS + 64n;
/** Below this exponent log2(1 + x) is x / ln 2 to more bits than are kept. */
const LINEAR_EXPONENT = BIAS - 250;

/** log2 of (1 + z) / (1 - z), where z = quotient x 2^-scale. */
function fromQuotient(quotient: bigint, scale: bigint): bigint {
  const z = quotient >> (scale - FRACTION_BITS);
  return (2n * quotient * inverseTangentSeries(times(z, z))) / LN2;
}

/** log2 of bits x 2^exponent: its exponent and the logarithm of a number between 2/3 and 4/3. */
function binaryLogarithm(bits: bigint, exponent: number): Logarithm {
  const length = BigInt(bits.toString(2).length);
  const above = bits * 3n > 1n << (length + 1n);
  const one = 1n << (above ? length : length - 1n);
  const quotient = ((bits - one) << LOG_SCALE) / (bits + one);
  const characteristic = BigInt(exponent) + (above ? length : length - 1n);
  const value = (characteristic << LOG_SCALE) + fromQuotient(quotient, LOG_SCALE);
  return { value, scale: Number(LOG_SCALE), exact: quotient === 0n };
}

/** log2(1 + a) for a number above -1. */
function binaryLogarithmPlusOne(a: Real): Logarithm {
  const exponent = integerExponent(a);
  const signed = a.sign === 0 ? significand(a) : -significand(a);
  if (a.exponent >= BIAS - 2) {
    const lowest = Math.min(exponent, 0);
    return binaryLogarithm((1n << BigInt(-lowest)) + (signed << BigInt(exponent - lowest)), lowest);
  }
  if (a.exponent < LINEAR_EXPONENT) {
    const scale = Number(FRACTION_BITS);
    return { value: (signed << (2n * FRACTION_BITS)) / LN2, scale: scale - exponent, exact: false };
  }
  // (1 + z) / (1 - z) = 1 + a for z = a / (2 + a).
  const scale = FRACTION_BITS + BigInt(-exponent);
  const quotient = (signed << scale) / ((2n << BigInt(-exponent)) + signed);
  return { value: fromQuotient(quotient, scale), scale: Number(scale), exact: false };
}

/** Processors call every such product inexact, also one with the logarithm of a power of 2, and so an underflow if it is denormal. */
function product(x: Operation, y: Real, log: Logarithm): Real {
  const result = exactProduct(x, y, log);
  x.flags |= isDenormal(result) ? PE | UE : PE;
  return result;
}

function exactProduct(x: Operation, y: Real, log: Logarithm): Real {
  const sign = y.sign ^ (log.value < 0n ? 1 : 0);
  const magnitude = significand(y) * magnitudeOf(log.value);
  return roundMagnitude(x, sign, magnitude, integerExponent(y) - log.scale, !log.exact);
}

function isOne(a: Real): boolean {
  return a.exponent === BIAS && a.high === INTEGER_BIT && a.low === 0;
}

/** FYL2X: y log2(a). */
export function logarithm(x: Operation, a: Real, y: Real): Real {
  const nan = nanResult(x, a, y);
  if (nan !== null) return nan;
  if (a.sign !== 0 && !isZero(a)) return x.invalid();
  if (isZero(a)) return logarithmOfZero(x, y);
  const sign = y.sign ^ (!isInfinity(a) && a.exponent < BIAS ? 1 : 0);
  if (isInfinity(a) || isInfinity(y)) {
    if (isZero(y) || isOne(a)) return x.invalid();
    x.noteDenormals(a, y);
    return infinity(sign);
  }
  x.noteDenormals(a, y);
  if (isZero(y) || isOne(a)) return zero(sign);
  const n = normalized(a);
  return product(x, normalized(y), binaryLogarithm(significand(n), integerExponent(n)));
}

function logarithmOfZero(x: Operation, y: Real): Real {
  if (isZero(y)) return x.invalid();
  if (!isInfinity(y)) x.flags = (x.flags & ~DE) | ZE;
  return infinity(y.sign ^ 1);
}

/** FYL2XP1: y log2(a + 1) for a between the root of 1/2 and the root of 2, minus 1. */
export function logarithmPlusOne(x: Operation, a: Real, y: Real): Real {
  const nan = nanResult(x, a, y);
  if (nan !== null) return nan;
  const sign = a.sign ^ y.sign;
  if (isInfinity(a)) {
    if (a.sign !== 0 || isZero(y)) return x.invalid();
    x.noteDenormals(a, y);
    return infinity(sign);
  }
  if (isInfinity(y)) {
    if (isZero(a)) return x.invalid();
    x.noteDenormals(a, y);
    return infinity(sign);
  }
  x.noteDenormals(a, y);
  if (isZero(a) || isZero(y)) return zero(sign);
  const n = normalized(a);
  // At and below -1 there is no logarithm; what the result then is, the SDM leaves open.
  if (n.sign !== 0 && n.exponent >= BIAS) {
    x.flags |= PE;
    return a;
  }
  return product(x, normalized(y), binaryLogarithmPlusOne(n));
}
