import { bitLength, roundToFormat, roundToUnit } from "./exact-rounding.ts";
import { type ExactValue, noteDenormals, propagateNan, signed, unpack } from "./exact-value.ts";
import type { FloatUnit } from "./float-unit.ts";
import type { Format } from "./format.ts";
import { INVALID, PRECISION } from "./mxcsr.ts";

function convertNan(u: FloatUnit, from: Format, to: Format, bits: bigint): bigint | undefined {
  const nan = propagateNan(u, from, bits);
  if (nan === undefined) return undefined;
  const payload = ((nan & from.fractionMask) << BigInt(to.fraction)) >> BigInt(from.fraction);
  return signed(to, (nan & from.signBit) !== 0n, to.infinity | payload);
}

/** A number of one format in another. */
export function exactConvert(u: FloatUnit, from: Format, to: Format, bits: bigint): bigint {
  const nan = convertNan(u, from, to, bits);
  if (nan !== undefined) return nan;
  const value = unpack(u, from, bits);
  noteDenormals(u, value);
  if (value.kind === "infinity") return signed(to, value.negative, to.infinity);
  if (value.kind === "zero") return signed(to, value.negative, 0n);
  return roundToFormat(u, to, { ...value, sticky: false });
}

/** A signed integer as a floating-point number. */
export function exactFromInteger(u: FloatUnit, f: Format, value: bigint): bigint {
  if (value === 0n) return 0n;
  const negative = value < 0n;
  return roundToFormat(u, f, { negative, significand: negative ? -value : value, exponent: 0, sticky: false });
}

/** A number far below one half is as good as any other one when it is rounded to an integer. */
const FAR_BELOW = -80;

function roundedMagnitude(u: FloatUnit, value: ExactValue): { readonly kept: bigint; readonly inexact: boolean } {
  if (value.kind === "zero") return { kept: 0n, inexact: false };
  const top = bitLength(value.significand) + value.exponent;
  if (top < FAR_BELOW)
    return roundToUnit(u.rounding, { ...value, significand: 1n, exponent: FAR_BELOW, sticky: false }, 0);
  return roundToUnit(u.rounding, { ...value, sticky: false }, 0);
}

/**
 * A number as a signed integer of 32 or 64 bits; what does not fit is invalid and becomes the integer indefinite. Denormals are no
 * exception here (SDM 1 "Integer Indefinite", SDM 2A "CVTSD2SI").
 */
export function exactToInteger(u: FloatUnit, f: Format, bits: bigint, width: 32 | 64): bigint {
  const limit = 1n << BigInt(width - 1);
  const value = unpack(u, f, bits);
  const fits = value.kind === "zero" || (value.kind === "finite" && value.exponent < width);
  const { kept, inexact } = fits ? roundedMagnitude(u, value) : { kept: limit << 1n, inexact: false };
  if (kept > limit || (kept === limit && !value.negative)) {
    u.flags |= INVALID;
    return -limit;
  }
  if (inexact) u.flags |= PRECISION;
  return value.negative ? -kept : kept;
}

/** A number rounded to an integral one of the same format, its sign kept (SDM 2B "ROUNDPD"). */
export function exactRoundToIntegral(u: FloatUnit, f: Format, bits: bigint): bigint {
  const nan = propagateNan(u, f, bits);
  if (nan !== undefined) return nan;
  const value = unpack(u, f, bits);
  if (value.kind === "infinity" || value.exponent >= 0) return bits;
  const { kept, inexact } = roundedMagnitude(u, value);
  if (inexact) u.flags |= PRECISION;
  if (kept === 0n) return signed(f, value.negative, 0n);
  return roundToFormat(u, f, { negative: value.negative, significand: kept, exponent: 0, sticky: false });
}
