import type { Random } from "./random.ts";

/** What a lane of a vector register holds: integers or floating-point numbers of so many bits. */
export type Lane = "i8" | "i16" | "i32" | "i64" | "f16" | "f32" | "f64";

interface FloatFormat {
  readonly bits: number;
  readonly fraction: number;
}

const FORMATS: Readonly<Record<"f16" | "f32" | "f64", FloatFormat>> = {
  f16: { bits: 16, fraction: 10 },
  f32: { bits: 32, fraction: 23 },
  f64: { bits: 64, fraction: 52 },
};

/** Exponents next to which conversions to integers change their mind. */
const INTEGER_EXPONENTS = [-1, 0, 7, 8, 15, 16, 23, 24, 30, 31, 32, 51, 52, 53, 62, 63, 64];

export function laneBits(lane: Lane): number {
  return Number(lane.slice(1));
}

/** A fraction of `bits` bits that rounds in interesting ways: few bits set, long runs of ones, or noise. */
function fraction(random: Random, bits: number): bigint {
  const mask = (1n << BigInt(bits)) - 1n;
  const kind = random.below(6);
  if (kind === 0) return 0n;
  if (kind === 1) return mask;
  if (kind === 2) return 1n << BigInt(random.below(bits));
  if (kind === 3) return mask ^ (1n << BigInt(random.below(bits)));
  if (kind === 4) return (mask << BigInt(random.below(bits))) & mask;
  return random.quad() & mask;
}

/** Biased exponent: near 1, near integers' limits, at the ends, or anywhere. */
function biasedExponent(random: Random, bits: number): number {
  const top = 2 ** bits - 1;
  const bias = top >> 1;
  const kind = random.below(10);
  if (kind < 4) return bias + random.below(9) - 4;
  if (kind < 6) return Math.min(top, bias + random.pick(INTEGER_EXPONENTS));
  if (kind === 6) return random.below(3);
  if (kind === 7) return top - random.below(3);
  return random.below(top + 1);
}

function special(random: Random, format: FloatFormat): bigint {
  const exponentBits = format.bits - 1 - format.fraction;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << BigInt(format.fraction);
  const quiet = infinity | (1n << BigInt(format.fraction - 1));
  const one = (infinity >> 1n) & infinity;
  const payload = random.quad() & ((1n << BigInt(format.fraction - 1)) - 1n);
  const values = [0n, 0n, 1n, infinity, infinity, infinity | payload | 1n, quiet, quiet | payload, one, infinity - 1n];
  return random.pick(values);
}

/** A floating-point number as its bits. */
function floatOperand(random: Random, format: FloatFormat): bigint {
  const sign = BigInt(random.below(2)) << BigInt(format.bits - 1);
  if (random.chance(22)) return sign | special(random, format);
  const exponent = BigInt(biasedExponent(random, format.bits - 1 - format.fraction));
  return sign | (exponent << BigInt(format.fraction)) | fraction(random, format.fraction);
}

/** A value for one lane, as its bits. */
export function laneOperand(random: Random, lane: Lane): bigint {
  if (lane === "f16" || lane === "f32" || lane === "f64") return floatOperand(random, FORMATS[lane]);
  const bits = laneBits(lane);
  const limit = 1n << BigInt(bits - 1);
  const kind = random.below(4);
  if (kind === 0) return BigInt.asUintN(bits, limit + BigInt(random.below(5) - 2));
  if (kind === 1) return BigInt.asUintN(bits, BigInt(random.below(7) - 3));
  return BigInt.asUintN(bits, random.operand());
}

const REAL_INTEGER_BIT = 1n << 63n;
const REAL_TOP_EXPONENT = 0x7fff;

/** An 80-bit x87 value as its bits: mostly numbers, some infinities and NaNs, few of the encodings that are no longer supported. */
export function realOperand(random: Random): bigint {
  const sign = BigInt(random.below(2)) << 79n;
  const kind = random.below(20);
  const head = (exponent: number) => sign | (BigInt(exponent) << 64n);
  if (kind === 0) return sign;
  if (kind === 1) return head(REAL_TOP_EXPONENT) | REAL_INTEGER_BIT;
  if (kind === 2) return head(REAL_TOP_EXPONENT) | REAL_INTEGER_BIT | (random.quad() & (REAL_INTEGER_BIT - 1n));
  if (kind === 3) return head(0) | fraction(random, 64);
  if (kind === 4) return head(biasedExponent(random, 15)) | fraction(random, 64);
  const exponent = Math.max(1, Math.min(REAL_TOP_EXPONENT - 1, biasedExponent(random, 15)));
  const kept = random.pick([63, 63, 63, 52, 23, 10]);
  return head(exponent) | REAL_INTEGER_BIT | (fraction(random, kept) << BigInt(63 - kept));
}
