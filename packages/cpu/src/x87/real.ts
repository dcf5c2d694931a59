/**
 * An 80-bit floating-point value in its parts: `exponent` is the biased one, the 64 bits of the significand with its explicit integer bit
 * are two signed halves. Between operations exponents may leave their range. SDM 1 "x87 FPU Data Types".
 */
export interface Real {
  readonly sign: number;
  readonly exponent: number;
  readonly high: number;
  readonly low: number;
}

export const BIAS = 16383;
/** Exponent field of infinities and NaNs. */
export const TOP_EXPONENT = 0x7fff;
/** The integer bit of a significand, as the high half. */
export const INTEGER_BIT = -0x80000000;
/** The bit behind it: set in quiet NaNs. */
export const QUIET_BIT = 0x40000000;

export function real(sign: number, exponent: number, high: number, low: number): Real {
  return { sign, exponent, high, low };
}

export function zero(sign: number): Real {
  return real(sign, 0, 0, 0);
}

export function infinity(sign: number): Real {
  return real(sign, TOP_EXPONENT, INTEGER_BIT, 0);
}

export const ONE = real(0, BIAS, INTEGER_BIT, 0);
/** The QNaN floating-point indefinite: the masked response to an invalid operation. */
export const INDEFINITE = real(1, TOP_EXPONENT, INTEGER_BIT | QUIET_BIT, 0);

/** A normalized number, which is what nearly all operands are. */
export function isNormal(a: Real): boolean {
  return a.high < 0 && a.exponent !== 0 && a.exponent !== TOP_EXPONENT;
}

export function isZero(a: Real): boolean {
  return a.exponent === 0 && (a.high | a.low) === 0;
}

export function isInfinity(a: Real): boolean {
  return a.exponent === TOP_EXPONENT && a.high === INTEGER_BIT && a.low === 0;
}

export function isNan(a: Real): boolean {
  return a.exponent === TOP_EXPONENT && a.high < 0 && !(a.high === INTEGER_BIT && a.low === 0);
}

export function isSignalingNan(a: Real): boolean {
  return isNan(a) && (a.high & QUIET_BIT) === 0;
}

/** Denormal and pseudo-denormal numbers. */
export function isDenormal(a: Real): boolean {
  return a.exponent === 0 && (a.high | a.low) !== 0;
}

/** Unnormals, pseudo-NaNs and pseudo-infinities: encodings that lack the integer bit (SDM 1 "Unsupported Double Extended-Precision"). */
export function isUnsupported(a: Real): boolean {
  return a.exponent !== 0 && a.high >= 0;
}

/** A finite number other than zero with its integer bit set: the exponent of a denormal falls below 1. */
export function normalized(a: Real): Real {
  if (a.exponent !== 0) return a;
  if (a.high === 0) {
    const shift = Math.clz32(a.low);
    return real(a.sign, 1 - 32 - shift, a.low << shift, 0);
  }
  const shift = Math.clz32(a.high);
  if (shift === 0) return real(a.sign, 1, a.high, a.low);
  return real(a.sign, 1 - shift, (a.high << shift) | (a.low >>> (32 - shift)), a.low << shift);
}

/** Unsigned comparison of significands: negative, 0 or positive. */
export function compareSignificands(a: Real, b: Real): number {
  return (a.high >>> 0) - (b.high >>> 0) || (a.low >>> 0) - (b.low >>> 0);
}

/** Significand as one unsigned number. */
export function significand(a: Real): bigint {
  return (BigInt(a.high >>> 0) << 32n) | BigInt(a.low >>> 0);
}

/** A value whose 64-bit significand is given as one number. */
export function realOf(sign: number, exponent: number, bits: bigint): Real {
  return real(sign, exponent, Number(BigInt.asIntN(32, bits >> 32n)), Number(BigInt.asIntN(32, bits)));
}
