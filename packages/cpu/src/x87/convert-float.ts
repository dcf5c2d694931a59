import { DOUBLE, SINGLE } from "./formats.ts";
import { nanResult, quieted } from "./nan.ts";
import { DE, IE, type Operation } from "./operation.ts";
import {
  BIAS,
  INTEGER_BIT,
  isInfinity,
  isNan,
  isUnsupported,
  isZero,
  normalized,
  QUIET_BIT,
  type Real,
  real,
  TOP_EXPONENT,
  zero,
} from "./real.ts";
import { round } from "./rounding.ts";

const SINGLE_BIAS = 127;
const DOUBLE_BIAS = 1023;

/** The value of a single-precision number, a signaling NaN as it is. Notes a denormal. */
export function fromSingle(x: Operation, bits: number): Real {
  const sign = bits >>> 31;
  const exponent = (bits >>> 23) & 0xff;
  const high = (bits & 0x7fffff) << 8;
  return fromParts(x, sign, exponent === 0xff ? TOP_EXPONENT : exponent - SINGLE_BIAS, exponent, high, 0);
}

/** The value of a double-precision number, a signaling NaN as it is. Notes a denormal. */
export function fromDouble(x: Operation, low: number, high: number): Real {
  const exponent = (high >>> 20) & 0x7ff;
  const top = ((high & 0xfffff) << 11) | (low >>> 21);
  return fromParts(
    x,
    high >>> 31,
    exponent === 0x7ff ? TOP_EXPONENT : exponent - DOUBLE_BIAS,
    exponent,
    top,
    low << 11,
  );
}

/** @param exponent unbiased, or `TOP_EXPONENT`; @param field the exponent as stored, to tell zeros and denormals */
function fromParts(x: Operation, sign: number, exponent: number, field: number, high: number, low: number): Real {
  if (exponent === TOP_EXPONENT) return real(sign, TOP_EXPONENT, high | INTEGER_BIT, low);
  if (field !== 0) return real(sign, exponent + BIAS, high | INTEGER_BIT, low);
  if ((high | low) === 0) return zero(sign);
  x.flags |= DE;
  const n = normalized(real(sign, 0, high, low));
  return real(sign, n.exponent + exponent + BIAS, n.high, n.low);
}

/** FLD of a single- or double-precision value: signaling NaNs become quiet ones. */
export function loaded(x: Operation, value: Real): Real {
  return isNan(value) ? nanResult(x, value, value)! : value;
}

/** A value as single precision: 32 bits in `x.low`. */
export function toSingle(x: Operation, a: Real): void {
  const r = narrowed(x, a, SINGLE);
  const exponent = r.exponent === TOP_EXPONENT ? 0xff : r.exponent - BIAS + SINGLE_BIAS;
  x.low = (r.sign << 31) | (exponent << 23) | ((r.high >>> 8) & 0x7fffff);
}

/** A value as double precision: its halves in `x.low` and `x.high`. */
export function toDouble(x: Operation, a: Real): void {
  const r = narrowed(x, a, DOUBLE);
  const exponent = r.exponent === TOP_EXPONENT ? 0x7ff : r.exponent - BIAS + DOUBLE_BIAS;
  x.low = (r.low >>> 11) | (r.high << 21);
  x.high = (r.sign << 31) | (exponent << 20) | ((r.high >>> 11) & 0xfffff);
}

/** Rounded to a format of memory; infinities and NaNs have the top exponent. Zeros have the exponent below the format's least. */
function narrowed(x: Operation, a: Real, format: typeof SINGLE): Real {
  if (isZero(a)) return real(a.sign, format.minExponent - 1, 0, 0);
  if (isNan(a) || isUnsupported(a)) {
    if (!isUnsupported(a) && (a.high & QUIET_BIT) !== 0) return a;
    if (isUnsupported(a)) return x.invalid();
    x.flags |= IE;
    return quieted(a);
  }
  if (isInfinity(a)) return a;
  const n = normalized(a);
  return round(x, format, n.sign, n.exponent, n.high, n.low, 0);
}
