import type { FloatUnit } from "./float-unit.ts";
import type { Format } from "./format.ts";
import { DENORMAL, INVALID } from "./mxcsr.ts";

export type ValueKind = "zero" | "finite" | "infinity" | "nan";

/** A number taken apart: if finite and not zero it is `significand` x 2^`exponent`, exactly. */
export interface ExactValue {
  readonly kind: ValueKind;
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  readonly denormal: boolean;
}

/** Takes a number apart. Denormals are zeros if the unit says so. */
export function unpack(u: FloatUnit, f: Format, bits: bigint): ExactValue {
  const negative = (bits & f.signBit) !== 0n;
  const field = Number(bits >> BigInt(f.fraction)) & f.exponentMask;
  const fraction = bits & f.fractionMask;
  const exponent = Math.max(field, 1) - f.bias - f.fraction;
  if (field === f.exponentMask)
    return { kind: fraction === 0n ? "infinity" : "nan", negative, significand: fraction, exponent, denormal: false };
  if (field !== 0) return { kind: "finite", negative, significand: fraction | f.integerBit, exponent, denormal: false };
  if (fraction === 0n || u.denormalsAreZeros)
    return { kind: "zero", negative, significand: 0n, exponent, denormal: false };
  return { kind: "finite", negative, significand: fraction, exponent, denormal: true };
}

export function isNan(f: Format, bits: bigint): boolean {
  return (bits & (f.signBit - 1n)) > f.infinity;
}

export function isSignalingNan(f: Format, bits: bigint): boolean {
  return isNan(f, bits) && (bits & f.quietBit) === 0n;
}

/**
 * The quiet NaN that NaN operands lead to, with #I for signaling ones; undefined if no operand is a NaN. The first operand that is a
 * NaN wins (SDM 1 "Operating on SNaNs and QNaNs").
 */
export function propagateNan(u: FloatUnit, f: Format, ...operands: readonly bigint[]): bigint | undefined {
  const first = operands.find((bits) => isNan(f, bits));
  if (first === undefined) return undefined;
  if (operands.some((bits) => isSignalingNan(f, bits))) u.flags |= INVALID;
  return first | f.quietBit;
}

/** Notes #I; the answer is the QNaN floating-point indefinite. */
export function invalid(u: FloatUnit, f: Format): bigint {
  u.flags |= INVALID;
  return f.indefinite;
}

/** Notes #D for denormal operands. */
export function noteDenormals(u: FloatUnit, ...operands: readonly ExactValue[]): void {
  if (operands.some((operand) => operand.denormal)) u.flags |= DENORMAL;
}

export function signed(f: Format, negative: boolean, magnitude: bigint): bigint {
  return negative ? f.signBit | magnitude : magnitude;
}
