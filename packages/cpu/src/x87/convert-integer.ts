import { IE, type Operation, TRUNCATE } from "./operation.ts";
import { BIAS, isInfinity, isNan, isNormal, isUnsupported, isZero, normalized, type Real, real, zero } from "./real.ts";
import { roundToPlaces } from "./rounding.ts";

/** The value of a signed 64-bit integer. */
export function fromInteger(low: number, high: number): Real {
  if ((low | high) === 0) return zero(0);
  const sign = high >>> 31;
  const [l, h] = sign === 0 ? [low, high] : [-low | 0, ~high + (low === 0 ? 1 : 0)];
  const n = normalized(real(sign, 0, h | 0, l));
  return real(sign, n.exponent - 1 + BIAS + 63, n.high, n.low);
}

/**
 * Rounds to an integer: its magnitude in `x.high` and `x.low`, `x.carry` if that became 2^64. Exponents must lie below 2^64. Notes an
 * inexact result.
 */
function toMagnitude(x: Operation, a: Real): void {
  roundToPlaces(x, a.sign, a.high, a.low, BIAS + 63 - a.exponent);
}

/** Whether the magnitude in `x` with a sign fits so many bits of two's complement. */
function fits(x: Operation, sign: number, bits: 16 | 32 | 64): boolean {
  if (x.carry !== 0) return false;
  if (bits === 64) return x.high >= 0 || (sign !== 0 && x.high === -0x80000000 && x.low === 0);
  const limit = 2 ** (bits - 1);
  return x.high === 0 && x.low >>> 0 < limit + sign;
}

function indefinite(x: Operation, bits: 16 | 32 | 64): void {
  x.flags = IE;
  x.roundedUp = false;
  x.low = bits === 64 ? 0 : bits === 32 ? -0x80000000 : -0x8000;
  x.high = -0x80000000;
}

/** A value as an integer of two's complement in `x.low` and `x.high`; the integer indefinite if it does not fit. */
export function toInteger(x: Operation, a: Real, bits: 16 | 32 | 64): void {
  if (isZero(a)) {
    x.low = 0;
    x.high = 0;
    return;
  }
  if (isNan(a) || isInfinity(a) || isUnsupported(a) || a.exponent > BIAS + 64) {
    indefinite(x, bits);
    return;
  }
  toMagnitude(x, isNormal(a) ? a : normalized(a));
  if (!fits(x, a.sign, bits)) {
    indefinite(x, bits);
    return;
  }
  if (a.sign === 0) return;
  x.high = (~x.high + (x.low === 0 ? 1 : 0)) | 0;
  x.low = -x.low | 0;
}

/** As `toInteger`, whatever the rounding mode: FISTTP. */
export function toIntegerTruncated(x: Operation, a: Real, bits: 16 | 32 | 64): void {
  x.rounding = TRUNCATE;
  toInteger(x, a, bits);
}

/** FRNDINT of a finite number other than zero. */
export function roundToInteger(x: Operation, a: Real): Real {
  const n = normalized(a);
  if (n.exponent >= BIAS + 63) return n;
  toMagnitude(x, n);
  if ((x.high | x.low) === 0) return zero(a.sign);
  const r = normalized(real(a.sign, 0, x.high, x.low));
  return real(a.sign, r.exponent - 1 + BIAS + 63, r.high, r.low);
}

/** Largest magnitude of a packed decimal, plus 1. */
const DECIMAL_LIMIT = 10n ** 18n;

/** FBSTP: a value as ten bytes of packed decimal, low byte first. */
export function toDecimal(x: Operation, a: Real): Uint8Array {
  const bytes = new Uint8Array(10);
  const magnitude = decimalMagnitude(x, a);
  if (magnitude === null) {
    bytes.set([0xc0, 0xff, 0xff], 7);
    x.flags = IE;
    x.roundedUp = false;
    return bytes;
  }
  let left = magnitude;
  for (let n = 0; n < 9; n++, left /= 100n) {
    const pair = Number(left % 100n);
    bytes[n] = (Math.floor(pair / 10) << 4) | (pair % 10);
  }
  bytes[9] = a.sign << 7;
  return bytes;
}

function decimalMagnitude(x: Operation, a: Real): bigint | null {
  if (isZero(a)) return 0n;
  if (isNan(a) || isInfinity(a) || isUnsupported(a) || a.exponent > BIAS + 62) return null;
  toMagnitude(x, normalized(a));
  const magnitude = (BigInt(x.high >>> 0) << 32n) | BigInt(x.low >>> 0);
  return magnitude < DECIMAL_LIMIT ? magnitude : null;
}

/** FBLD: the value of ten bytes of packed decimal. Digits above 9 count as what their bits say. */
export function fromDecimal(bytes: Uint8Array): Real {
  let value = 0n;
  for (let n = 8; n >= 0; n--) value = value * 100n + BigInt((bytes[n]! >>> 4) * 10 + (bytes[n]! & 15));
  const magnitude = fromInteger(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  return real(bytes[9]! >>> 7, magnitude.exponent, magnitude.high, magnitude.low);
}
