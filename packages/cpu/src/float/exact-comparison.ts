import { isNan, isSignalingNan, noteDenormals, signed, unpack } from "./exact-value.ts";
import type { FloatUnit } from "./float-unit.ts";
import type { Format } from "./format.ts";
import { INVALID } from "./mxcsr.ts";

/** Outcomes of a comparison. */
export const UNORDERED = 0;
export const LESS = 1;
export const EQUAL = 2;
export const GREATER = 3;

/**
 * Order of two numbers. Quiet NaNs are an invalid operand of signaling comparisons only, signaling ones of all (SDM 1 "Invalid
 * Operation Exception (#I)").
 */
export function exactCompare(u: FloatUnit, f: Format, a: bigint, b: bigint, signaling: boolean): number {
  if (isNan(f, a) || isNan(f, b)) {
    if (signaling || isSignalingNan(f, a) || isSignalingNan(f, b)) u.flags |= INVALID;
    return UNORDERED;
  }
  const [x, y] = [unpack(u, f, a), unpack(u, f, b)];
  noteDenormals(u, x, y);
  if (x.kind === "zero" && y.kind === "zero") return EQUAL;
  const [left, right] = [ordered(f, x.kind === "zero" ? 0n : a), ordered(f, y.kind === "zero" ? 0n : b)];
  if (left === right) return EQUAL;
  return left < right ? LESS : GREATER;
}

/** Bit patterns of a format in their numeric order. */
function ordered(f: Format, bits: bigint): bigint {
  return (bits & f.signBit) === 0n ? bits : -(bits ^ f.signBit);
}

/** A number with denormals made zero if the unit says so. */
export function withoutDenormal(u: FloatUnit, f: Format, bits: bigint): bigint {
  const value = unpack(u, f, bits);
  return value.kind === "zero" ? signed(f, value.negative, 0n) : bits;
}
