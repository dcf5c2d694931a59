import { exactAdd, exactDivide, exactMultiply, exactSquareRoot, exactSubtract } from "./exact-arithmetic.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY64 } from "./format.ts";
import { PRECISION, ROUND_NEAREST } from "./mxcsr.ts";
import { isExactProduct, isRoomy, productResidual, sumResidual } from "./residual.ts";

/*
 * Arithmetic of binary64 in slots of a unit. JavaScript's own arithmetic is that of binary64 rounded to nearest, so it gives the answer
 * whenever the operands are zero or normal numbers and the result is a normal number or an exact zero; everything else is left to
 * the exact functions.
 */

const SMALLEST = 2 ** -1022;
const LARGEST = Number.MAX_VALUE;

/** Zero or a normal number. */
export function isOrdinary64(a: number): boolean {
  const magnitude = Math.abs(a);
  return (magnitude >= SMALLEST && magnitude <= LARGEST) || magnitude === 0;
}

/** A result that neither overflowed nor may have been tiny before it was rounded. */
export function isNormal64(a: number): boolean {
  const magnitude = Math.abs(a);
  return magnitude > SMALLEST && magnitude <= LARGEST;
}

export function add64(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f64[x]!;
  const b = u.f64[y]!;
  const result = a + b;
  const plain = u.rounding === ROUND_NEAREST && isOrdinary64(a) && isOrdinary64(b) && (isNormal64(result) || a === -b);
  if (plain && u.precisionKnown) u.f64[z] = result;
  else if (plain && isRoomy(a) && isRoomy(b)) {
    u.f64[z] = result;
    if (sumResidual(a, b, result) !== 0) u.flags |= PRECISION;
  } else u.u64[z] = exactAdd(u, BINARY64, u.u64[x]!, u.u64[y]!);
}

export function subtract64(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f64[x]!;
  const b = u.f64[y]!;
  const result = a - b;
  const plain = u.rounding === ROUND_NEAREST && isOrdinary64(a) && isOrdinary64(b) && (isNormal64(result) || a === b);
  if (plain && u.precisionKnown) u.f64[z] = result;
  else if (plain && isRoomy(a) && isRoomy(b)) {
    u.f64[z] = result;
    if (sumResidual(a, -b, result) !== 0) u.flags |= PRECISION;
  } else u.u64[z] = exactSubtract(u, BINARY64, u.u64[x]!, u.u64[y]!);
}

export function multiply64(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f64[x]!;
  const b = u.f64[y]!;
  const result = a * b;
  const zero = a === 0 || b === 0;
  const plain = u.rounding === ROUND_NEAREST && isOrdinary64(a) && isOrdinary64(b) && (isNormal64(result) || zero);
  if (plain && (u.precisionKnown || zero)) u.f64[z] = result;
  else if (plain && isRoomy(a) && isRoomy(b) && isRoomy(result)) {
    u.f64[z] = result;
    if (productResidual(a, b, result) !== 0) u.flags |= PRECISION;
  } else u.u64[z] = exactMultiply(u, BINARY64, u.u64[x]!, u.u64[y]!);
}

export function divide64(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f64[x]!;
  const b = u.f64[y]!;
  const result = a / b;
  const zero = a === 0 && b !== 0;
  const plain = u.rounding === ROUND_NEAREST && isOrdinary64(a) && isOrdinary64(b) && (isNormal64(result) || zero);
  if (plain && (u.precisionKnown || zero)) u.f64[z] = result;
  else if (plain && isRoomy(a) && isRoomy(b) && isRoomy(result)) {
    u.f64[z] = result;
    if (!isExactProduct(result, b, a)) u.flags |= PRECISION;
  } else u.u64[z] = exactDivide(u, BINARY64, u.u64[x]!, u.u64[y]!);
}

export function squareRoot64(u: FloatUnit, x: number, z: number): void {
  const a = u.f64[x]!;
  const result = Math.sqrt(a);
  const plain = u.rounding === ROUND_NEAREST && isOrdinary64(a) && a >= 0;
  if (plain && (u.precisionKnown || a === 0)) u.f64[z] = result;
  else if (plain && isRoomy(a)) {
    u.f64[z] = result;
    if (!isExactProduct(result, result, a)) u.flags |= PRECISION;
  } else u.u64[z] = exactSquareRoot(u, BINARY64, u.u64[x]!);
}
