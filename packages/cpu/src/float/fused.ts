import { isNormal32, isOrdinary32 } from "./binary32.ts";
import { isNormal64 } from "./binary64.ts";
import { exactFused } from "./exact-arithmetic.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY32, BINARY64 } from "./format.ts";
import { PRECISION, ROUND_NEAREST } from "./mxcsr.ts";
import { isRoomy, productResidual, sumResidual } from "./residual.ts";

/** A fused multiply-add is given as -1 or 1 for the product and the addend. */
export type Sign = 1 | -1;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * A sum that was rounded to nearest, rounded to odd instead: an inexact result gets an odd significand, so that rounding it once more,
 * to fewer bits, is as good as rounding the exact sum (Boldo and Melquiond, "Emulation of a FMA and Correctly Rounded Sums").
 */
function toOdd(sum: number, residual: number): number {
  if (residual === 0) return sum;
  scratch.setFloat64(0, sum);
  const low = scratch.getInt32(4);
  if ((low & 1) === 1) return sum;
  const away = residual > 0 === sum > 0;
  scratch.setInt32(4, away ? low | 1 : low - 1);
  if (!away && low === 0) scratch.setInt32(0, scratch.getInt32(0) - 1);
  return scratch.getFloat64(0);
}

function exactFused32(u: FloatUnit, x: number, y: number, w: number, z: number, product: Sign, addend: Sign): void {
  const operands = [BigInt(u.u32[x]!), BigInt(u.u32[y]!), BigInt(u.u32[w]!)] as const;
  u.u32[z] = Number(exactFused(u, BINARY32, operands, { product: product < 0, addend: addend < 0 }));
}

function exactFused64(u: FloatUnit, x: number, y: number, w: number, z: number, product: Sign, addend: Sign): void {
  const operands = [u.u64[x]!, u.u64[y]!, u.u64[w]!] as const;
  u.u64[z] = exactFused(u, BINARY64, operands, { product: product < 0, addend: addend < 0 });
}

/** z = product * x * y + addend * w with one rounding, of binary32. The product of two binary32 numbers is exact in binary64. */
export function fused32(u: FloatUnit, x: number, y: number, w: number, z: number, product: Sign, addend: Sign): void {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  const c = u.f32[w]!;
  if (u.rounding !== ROUND_NEAREST || !isOrdinary32(a) || !isOrdinary32(b) || !isOrdinary32(c)) {
    exactFused32(u, x, y, w, z, product, addend);
    return;
  }
  const left = a * b * product;
  const right = c * addend;
  const sum = left + right;
  const odd = toOdd(sum, sumResidual(left, right, sum));
  const result = Math.fround(odd);
  if (isNormal32(result) || sum === 0) {
    u.f32[z] = result;
    if (result !== odd) u.flags |= PRECISION;
  } else exactFused32(u, x, y, w, z, product, addend);
}

/** z = product * x * y + addend * w with one rounding, of binary64. */
export function fused64(u: FloatUnit, x: number, y: number, w: number, z: number, product: Sign, addend: Sign): void {
  const a = u.f64[x]!;
  const b = u.f64[y]! * product;
  const c = u.f64[w]! * addend;
  const high = a * b;
  const roomy = isRoomy(a) && isRoomy(b) && isRoomy(c) && isRoomy(high);
  if (u.rounding !== ROUND_NEAREST || !roomy) exactFused64(u, x, y, w, z, product, addend);
  else if (a === 0 || b === 0) u.f64[z] = high + c;
  else if (high === 0 || !addRoomy(u, z, high, productResidual(a, b, high), c))
    exactFused64(u, x, y, w, z, product, addend);
}

/** Adds a number to a product of two parts. False if the result is too small or too large to be left to ordinary arithmetic. */
function addRoomy(u: FloatUnit, z: number, high: number, low: number, c: number): boolean {
  const lowSum = low + c;
  const lowRest = sumResidual(low, c, lowSum);
  const sum = high + lowSum;
  const sumRest = sumResidual(high, lowSum, sum);
  const rest = sumRest + lowRest;
  const lost = sumResidual(sumRest, lowRest, rest);
  const odd = toOdd(rest, lost);
  const result = sum + odd;
  if (!isNormal64(result) && (result !== 0 || lost !== 0)) return false;
  u.f64[z] = result;
  if (lost !== 0 || sumResidual(sum, odd, result) !== 0) u.flags |= PRECISION;
  return true;
}
