import { FRACTION_BITS, integerExponent, LN2, roundMagnitude, series, UNIT } from "./fixed-point.ts";
import { nanResult } from "./nan.ts";
import { type Operation, PE } from "./operation.ts";
import { BIAS, isInfinity, isZero, normalized, ONE, type Real, real, significand } from "./real.ts";

const MINUS_ONE = real(1, ONE.exponent, ONE.high, ONE.low);
const MINUS_HALF = real(1, ONE.exponent - 1, ONE.high, ONE.low);

/** F2XM1: 2^a - 1 for a from -1 to 1. Beyond, where the result is undefined, the operand stays. */
export function exponentialMinusOne(x: Operation, a: Real): Real {
  const nan = nanResult(x, a, a);
  if (nan !== null) return nan;
  if (isZero(a)) return a;
  if (isInfinity(a)) return a.sign === 0 ? a : MINUS_ONE;
  x.noteDenormals(a, a);
  const n = normalized(a);
  if (n.exponent >= BIAS) return atLimit(x, n);
  const exponent = integerExponent(n);
  const magnitude = significand(n);
  // With t = a ln 2: e^t - 1 = t (1 + t/2 + t^2/6 + …).
  const t = (magnitude * LN2) >> BigInt(-exponent);
  const factor = series(UNIT, n.sign === 0 ? t : -t, (k) => k + 1n);
  return roundMagnitude(x, n.sign, magnitude * LN2 * factor, exponent - 2 * Number(FRACTION_BITS), true);
}

/** 2^1 - 1 = 1, 2^-1 - 1 = -1/2; the latter and what lies beyond count as inexact. */
function atLimit(x: Operation, n: Real): Real {
  const isOne = n.exponent === BIAS && n.high === ONE.high && n.low === 0;
  if (isOne && n.sign === 0) return n;
  x.flags |= PE;
  return isOne ? MINUS_HALF : n;
}
