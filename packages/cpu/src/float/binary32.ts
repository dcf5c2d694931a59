import { exactAdd, exactDivide, exactMultiply, exactSquareRoot, exactSubtract } from "./exact-arithmetic.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY32, type Format } from "./format.ts";
import { PRECISION, ROUND_NEAREST } from "./mxcsr.ts";
import { sumResidual } from "./residual.ts";

/*
 * Arithmetic of binary32, as that of binary64 is done in `binary64.ts`. A sum, product, quotient or square root of two binary32 numbers
 * that is rounded to binary64 first is rounded to binary32 right, since binary64 has more than twice the bits and two.
 */

const SMALLEST = 2 ** -126;
const LARGEST = 2 ** 128 - 2 ** 104;

/** Zero or a normal number. */
export function isOrdinary32(a: number): boolean {
  const magnitude = Math.abs(a);
  return (magnitude >= SMALLEST && magnitude <= LARGEST) || magnitude === 0;
}

/** A result that neither overflowed nor may have been tiny before it was rounded. */
export function isNormal32(a: number): boolean {
  const magnitude = Math.abs(a);
  return magnitude > SMALLEST && magnitude <= LARGEST;
}

type ExactOperation = (u: FloatUnit, f: Format, a: bigint, b: bigint) => bigint;

function exactly(u: FloatUnit, operate: ExactOperation, x: number, y: number, z: number): void {
  u.u32[z] = Number(operate(u, BINARY32, BigInt(u.u32[x]!), BigInt(u.u32[y]!)));
}

function areOrdinary(u: FloatUnit, a: number, b: number): boolean {
  return u.rounding === ROUND_NEAREST && isOrdinary32(a) && isOrdinary32(b);
}

export function add32(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  const sum = a + b;
  const result = Math.fround(sum);
  if (areOrdinary(u, a, b) && (isNormal32(result) || a === -b)) {
    u.f32[z] = result;
    if (!u.precisionKnown && (result !== sum || sumResidual(a, b, sum) !== 0)) u.flags |= PRECISION;
  } else exactly(u, exactAdd, x, y, z);
}

export function subtract32(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  const difference = a - b;
  const result = Math.fround(difference);
  if (areOrdinary(u, a, b) && (isNormal32(result) || a === b)) {
    u.f32[z] = result;
    if (!u.precisionKnown && (result !== difference || sumResidual(a, -b, difference) !== 0)) u.flags |= PRECISION;
  } else exactly(u, exactSubtract, x, y, z);
}

export function multiply32(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  const product = a * b;
  const result = Math.fround(product);
  if (areOrdinary(u, a, b) && (isNormal32(result) || product === 0)) {
    u.f32[z] = result;
    if (result !== product) u.flags |= PRECISION;
  } else exactly(u, exactMultiply, x, y, z);
}

export function divide32(u: FloatUnit, x: number, y: number, z: number): void {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  const result = Math.fround(a / b);
  if (areOrdinary(u, a, b) && (isNormal32(result) || (a === 0 && b !== 0))) {
    u.f32[z] = result;
    if (result * b !== a) u.flags |= PRECISION;
  } else exactly(u, exactDivide, x, y, z);
}

export function squareRoot32(u: FloatUnit, x: number, z: number): void {
  const a = u.f32[x]!;
  const result = Math.fround(Math.sqrt(a));
  if (u.rounding === ROUND_NEAREST && isOrdinary32(a) && a >= 0) {
    u.f32[z] = result;
    if (result * result !== a) u.flags |= PRECISION;
  } else u.u32[z] = Number(exactSquareRoot(u, BINARY32, BigInt(u.u32[x]!)));
}
