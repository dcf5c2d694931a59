import { bitLength, roundToFormat } from "./exact-rounding.ts";
import { type ExactValue, invalid, noteDenormals, propagateNan, signed, unpack } from "./exact-value.ts";
import type { FloatUnit } from "./float-unit.ts";
import type { Format } from "./format.ts";
import { DIVIDE_BY_ZERO, ROUND_DOWN } from "./mxcsr.ts";

/*
 * Arithmetic on bit patterns by exact integers: every operand, every rounding mode, every exception. The kernels of `binary32.ts` and
 * `binary64.ts` come here with what they cannot prove to be harmless.
 */

/** Bits of a quotient or root beyond the format's own, so that the rest only has to be known to exist. */
const EXTRA_BITS = 3;

interface Term {
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

/** The rounded sum of two finite terms; a zero term has significand 0. */
function sum(u: FloatUnit, f: Format, x: Term, y: Term): bigint {
  const exponent = Math.min(x.exponent, y.exponent);
  const left = x.significand << BigInt(x.exponent - exponent);
  const right = y.significand << BigInt(y.exponent - exponent);
  const total = (x.negative ? -left : left) + (y.negative ? -right : right);
  if (total === 0n) {
    const sameSign = x.negative === y.negative && left === 0n && right === 0n;
    return signed(f, sameSign ? x.negative : u.rounding === ROUND_DOWN, 0n);
  }
  const negative = total < 0n;
  return roundToFormat(u, f, { negative, significand: negative ? -total : total, exponent, sticky: false });
}

function addValues(u: FloatUnit, f: Format, a: ExactValue, b: ExactValue): bigint {
  if (a.kind === "infinity" && b.kind === "infinity" && a.negative !== b.negative) return invalid(u, f);
  noteDenormals(u, a, b);
  if (a.kind === "infinity") return signed(f, a.negative, f.infinity);
  if (b.kind === "infinity") return signed(f, b.negative, f.infinity);
  return sum(u, f, a, b);
}

export function exactAdd(u: FloatUnit, f: Format, a: bigint, b: bigint): bigint {
  return propagateNan(u, f, a, b) ?? addValues(u, f, unpack(u, f, a), unpack(u, f, b));
}

export function exactSubtract(u: FloatUnit, f: Format, a: bigint, b: bigint): bigint {
  return propagateNan(u, f, a, b) ?? addValues(u, f, unpack(u, f, a), unpack(u, f, b ^ f.signBit));
}

function isZeroTimesInfinity(x: ExactValue, y: ExactValue): boolean {
  return (x.kind === "zero" && y.kind === "infinity") || (x.kind === "infinity" && y.kind === "zero");
}

function product(x: ExactValue, y: ExactValue): Term {
  return {
    negative: x.negative !== y.negative,
    significand: x.significand * y.significand,
    exponent: x.exponent + y.exponent,
  };
}

export function exactMultiply(u: FloatUnit, f: Format, a: bigint, b: bigint): bigint {
  const nan = propagateNan(u, f, a, b);
  if (nan !== undefined) return nan;
  const [x, y] = [unpack(u, f, a), unpack(u, f, b)];
  if (isZeroTimesInfinity(x, y)) return invalid(u, f);
  noteDenormals(u, x, y);
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity" || y.kind === "infinity") return signed(f, negative, f.infinity);
  if (x.kind === "zero" || y.kind === "zero") return signed(f, negative, 0n);
  return roundToFormat(u, f, { ...product(x, y), sticky: false });
}

function quotient(u: FloatUnit, f: Format, x: ExactValue, y: ExactValue): bigint {
  const missing = f.fraction + EXTRA_BITS + bitLength(y.significand) - bitLength(x.significand);
  const shift = Math.max(missing, 0);
  const dividend = x.significand << BigInt(shift);
  const significand = dividend / y.significand;
  return roundToFormat(u, f, {
    negative: x.negative !== y.negative,
    significand,
    exponent: x.exponent - y.exponent - shift,
    sticky: significand * y.significand !== dividend,
  });
}

export function exactDivide(u: FloatUnit, f: Format, a: bigint, b: bigint): bigint {
  const nan = propagateNan(u, f, a, b);
  if (nan !== undefined) return nan;
  const [x, y] = [unpack(u, f, a), unpack(u, f, b)];
  if (x.kind === y.kind && x.kind !== "finite") return invalid(u, f);
  const negative = x.negative !== y.negative;
  if (y.kind === "zero" && x.kind === "finite") {
    u.flags |= DIVIDE_BY_ZERO;
    return signed(f, negative, f.infinity);
  }
  noteDenormals(u, x, y);
  if (x.kind === "infinity") return signed(f, negative, f.infinity);
  if (x.kind === "zero" || y.kind === "infinity") return signed(f, negative, 0n);
  return quotient(u, f, x, y);
}

/** The integer square root, rounded down. */
function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export function exactSquareRoot(u: FloatUnit, f: Format, a: bigint): bigint {
  const nan = propagateNan(u, f, a);
  if (nan !== undefined) return nan;
  const x = unpack(u, f, a);
  if (x.kind === "zero") return signed(f, x.negative, 0n);
  if (x.negative) return invalid(u, f);
  noteDenormals(u, x);
  if (x.kind === "infinity") return f.infinity;
  const odd = x.exponent & 1;
  const shift = 2 * (f.fraction + EXTRA_BITS) + odd;
  const radicand = x.significand << BigInt(shift);
  const significand = integerRoot(radicand);
  return roundToFormat(u, f, {
    negative: false,
    significand,
    exponent: (x.exponent - shift) / 2,
    sticky: significand * significand !== radicand,
  });
}

/** Which parts of a fused multiply-add are negated. */
export interface FusedSigns {
  readonly product: boolean;
  readonly addend: boolean;
}

/** a x b + c with one rounding, and NaNs in this order (SDM 1 "Fused-Multiply-ADD (FMA) Numeric Behavior"). */
export function exactFused(
  u: FloatUnit,
  f: Format,
  operands: readonly [bigint, bigint, bigint],
  signs: FusedSigns,
): bigint {
  const [a, b, c] = operands;
  const nan = propagateNan(u, f, a, b, c);
  if (nan !== undefined) return nan;
  const [x, y, z] = [unpack(u, f, a), unpack(u, f, b), unpack(u, f, signs.addend ? c ^ f.signBit : c)];
  const negative = (x.negative !== y.negative) !== signs.product;
  const infinite = x.kind === "infinity" || y.kind === "infinity";
  const opposed = infinite && z.kind === "infinity" && z.negative !== negative;
  if (isZeroTimesInfinity(x, y) || opposed) return invalid(u, f);
  noteDenormals(u, x, y, z);
  if (infinite) return signed(f, negative, f.infinity);
  if (z.kind === "infinity") return signed(f, z.negative, f.infinity);
  return sum(u, f, { ...product(x, y), negative }, z);
}
