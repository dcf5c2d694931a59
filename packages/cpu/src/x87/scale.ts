import { fromInteger, roundToInteger } from "./convert-integer.ts";
import { EXTENDED } from "./formats.ts";
import { nanResult } from "./nan.ts";
import { type Operation, ZE } from "./operation.ts";
import { BIAS, infinity, isDenormal, isInfinity, isNormal, isZero, normalized, type Real, real, zero } from "./real.ts";
import { round, shiftRightSticky } from "./rounding.ts";

/** Scaling by more than this leaves the range for certain. */
const LARGEST_SCALE = 0x10000;

/** FRNDINT. */
export function integral(x: Operation, a: Real): Real {
  const nan = nanResult(x, a, a);
  if (nan !== null) return nan;
  if (isInfinity(a) || isZero(a)) return a;
  x.noteDenormals(a, a);
  return roundToInteger(x, a);
}

/** Integer part of a finite number, limited to what matters as a change of exponent. */
function truncatedScale(x: Operation, b: Real): number {
  if (b.exponent < BIAS) return 0;
  if (b.exponent > BIAS + 16) return b.sign === 0 ? LARGEST_SCALE : -LARGEST_SCALE;
  shiftRightSticky(x, b.high, 0, 0, BIAS + 31 - b.exponent);
  return b.sign === 0 ? x.high : -x.high;
}

/** FSCALE: a x 2 to the power of b truncated. */
export function scale(x: Operation, a: Real, b: Real): Real {
  const nan = nanResult(x, a, b);
  if (nan !== null) return nan;
  if (isInfinity(b) && (b.sign === 0 ? isZero(a) : isInfinity(a))) return x.invalid();
  x.noteDenormals(a, b);
  if (isInfinity(a) || isZero(a)) return a;
  if (isInfinity(b)) return b.sign === 0 ? infinity(a.sign) : zero(a.sign);
  const n = normalized(a);
  return round(x, EXTENDED, n.sign, n.exponent + truncatedScale(x, b), n.high, n.low, 0);
}

/** FXTRACT: the exponent as a number. The significand is `significandPart`. */
export function exponentPart(x: Operation, a: Real): Real {
  if (isZero(a)) {
    x.flags |= ZE;
    return infinity(1);
  }
  if (isInfinity(a)) return infinity(0);
  if (isDenormal(a)) x.noteDenormals(a, a);
  const exponent = normalized(a).exponent - BIAS;
  return fromInteger(exponent, exponent >> 31);
}

/** FXTRACT: the significand between 1 and 2, with the sign of the number. */
export function significandPart(a: Real): Real {
  if (isZero(a) || isInfinity(a)) return a;
  const n = isNormal(a) ? a : normalized(a);
  return real(n.sign, BIAS, n.high, n.low);
}
