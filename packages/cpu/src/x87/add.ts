import type { Format } from "./formats.ts";
import { nanResult } from "./nan.ts";
import { DOWN, type Operation } from "./operation.ts";
import { compareSignificands, isInfinity, isNormal, isZero, normalized, type Real, real, zero } from "./real.ts";
import { round, shiftRightSticky } from "./rounding.ts";

function negated(a: Real): Real {
  return real(a.sign ^ 1, a.exponent, a.high, a.low);
}

/** FADD: a + b. */
export function add(x: Operation, format: Format, a: Real, b: Real): Real {
  if (isNormal(a) && isNormal(b)) return addNumbers(x, format, a, b);
  return nanResult(x, a, b) ?? addSpecial(x, format, a, b);
}

/** FSUB: a - b. The sign of a NaN stays. */
export function subtract(x: Operation, format: Format, a: Real, b: Real): Real {
  if (isNormal(a) && isNormal(b)) return addNumbers(x, format, a, negated(b));
  return nanResult(x, a, b) ?? addSpecial(x, format, a, negated(b));
}

function addSpecial(x: Operation, format: Format, a: Real, b: Real): Real {
  if (isInfinity(a) && isInfinity(b) && a.sign !== b.sign) return x.invalid();
  x.noteDenormals(a, b);
  if (isInfinity(a)) return a;
  if (isInfinity(b)) return b;
  if (isZero(a) && isZero(b)) return a.sign === b.sign ? a : exactZero(x);
  if (isZero(a)) return exact(x, format, b);
  if (isZero(b)) return exact(x, format, a);
  return addNumbers(x, format, normalized(a), normalized(b));
}

/** One operand is the result, but for its precision. */
function exact(x: Operation, format: Format, a: Real): Real {
  const n = normalized(a);
  return round(x, format, n.sign, n.exponent, n.high, n.low, 0);
}

/** A difference that is zero is positive, unless rounding goes down. */
function exactZero(x: Operation): Real {
  return zero(x.rounding === DOWN ? 1 : 0);
}

function addNumbers(x: Operation, format: Format, a: Real, b: Real): Real {
  const swap = a.exponent < b.exponent || (a.exponent === b.exponent && compareSignificands(a, b) < 0);
  const [larger, smaller] = swap ? [b, a] : [a, b];
  shiftRightSticky(x, smaller.high, smaller.low, 0, larger.exponent - smaller.exponent);
  return a.sign === b.sign ? sum(x, format, larger) : difference(x, format, larger);
}

/** Adds the aligned significand in `x`. */
function sum(x: Operation, format: Format, a: Real): Real {
  const low = (a.low >>> 0) + (x.low >>> 0);
  const high = (a.high >>> 0) + (x.high >>> 0) + (low > 0xffffffff ? 1 : 0);
  if (high <= 0xffffffff) return round(x, format, a.sign, a.exponent, high | 0, low | 0, x.rest);
  shiftRightSticky(x, high | 0, low | 0, x.rest, 1);
  return round(x, format, a.sign, a.exponent + 1, x.high | 0x80000000, x.low, x.rest);
}

/** Subtracts the aligned significand in `x`, which is not larger. */
function difference(x: Operation, format: Format, a: Real): Real {
  const rest = -(x.rest >>> 0);
  const low = (a.low >>> 0) - (x.low >>> 0) - (rest < 0 ? 1 : 0);
  const high = (a.high >>> 0) - (x.high >>> 0) - (low < 0 ? 1 : 0);
  if ((high | low | rest) === 0) return exactZero(x);
  return roundUnnormalized(x, format, a.sign, a.exponent, high | 0, low | 0, rest | 0);
}

function roundUnnormalized(
  x: Operation,
  format: Format,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  rest: number,
): Real {
  let [h, l, r, e] = [high, low, rest, exponent];
  while (h === 0) [h, l, r, e] = [l, r, 0, e - 32];
  const shift = Math.clz32(h);
  if (shift > 0) {
    h = (h << shift) | (l >>> (32 - shift));
    l = (l << shift) | (r >>> (32 - shift));
    r <<= shift;
  }
  return round(x, format, sign, e - shift, h, l, r);
}
