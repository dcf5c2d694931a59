import { isOrdinary32 } from "./binary32.ts";
import { isOrdinary64 } from "./binary64.ts";
import { exactRoundToIntegral, exactToInteger } from "./exact-conversion.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY32, BINARY64 } from "./format.ts";
import { INVALID, PRECISION, ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from "./mxcsr.ts";

const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;
const INDEFINITE = -0x80000000;

function nearestEven(a: number): number {
  const below = Math.floor(a);
  const over = a - below;
  if (over !== 0.5) return over < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

function integral(mode: number, a: number): number {
  if (mode === ROUND_NEAREST) return nearestEven(a);
  if (mode === ROUND_DOWN) return Math.floor(a);
  return mode === ROUND_UP ? Math.ceil(a) : Math.trunc(a);
}

function storeInt32(u: FloatUnit, a: number, z: number): void {
  const rounded = integral(u.rounding, a);
  if (rounded >= -TWO_31 && rounded < TWO_31) {
    u.i32[z] = rounded;
    if (rounded !== a) u.flags |= PRECISION;
  } else {
    u.i32[z] = INDEFINITE;
    u.flags |= INVALID;
  }
}

function storeInt64(u: FloatUnit, a: number, z: number): void {
  const rounded = integral(u.rounding, a);
  if (rounded >= -TWO_63 && rounded < TWO_63) {
    const high = Math.floor(rounded / TWO_32);
    u.i32[2 * z] = rounded - high * TWO_32;
    u.i32[2 * z + 1] = high;
    if (rounded !== a) u.flags |= PRECISION;
  } else {
    u.i32[2 * z] = 0;
    u.i32[2 * z + 1] = INDEFINITE;
    u.flags |= INVALID;
  }
}

/** binary32 to a signed 32-bit integer. */
export function float32ToInt32(u: FloatUnit, x: number, z: number): void {
  const a = u.f32[x]!;
  if (isOrdinary32(a)) storeInt32(u, a, z);
  else u.i32[z] = Number(exactToInteger(u, BINARY32, BigInt(u.u32[x]!), 32));
}

/** binary64 to a signed 32-bit integer. */
export function float64ToInt32(u: FloatUnit, x: number, z: number): void {
  const a = u.f64[x]!;
  if (isOrdinary64(a)) storeInt32(u, a, z);
  else u.i32[z] = Number(exactToInteger(u, BINARY64, u.u64[x]!, 32));
}

/** binary32 to a signed 64-bit integer. */
export function float32ToInt64(u: FloatUnit, x: number, z: number): void {
  const a = u.f32[x]!;
  if (isOrdinary32(a)) storeInt64(u, a, z);
  else u.u64[z] = BigInt.asUintN(64, exactToInteger(u, BINARY32, BigInt(u.u32[x]!), 64));
}

/** binary64 to a signed 64-bit integer. */
export function float64ToInt64(u: FloatUnit, x: number, z: number): void {
  const a = u.f64[x]!;
  if (isOrdinary64(a)) storeInt64(u, a, z);
  else u.u64[z] = BigInt.asUintN(64, exactToInteger(u, BINARY64, u.u64[x]!, 64));
}

/** binary32 rounded to an integral number. */
export function round32(u: FloatUnit, x: number, z: number): void {
  const a = u.f32[x]!;
  if (isOrdinary32(a)) {
    const rounded = integral(u.rounding, a);
    // Zero keeps the operand's sign.
    u.f32[z] = rounded === 0 ? a * 0 : rounded;
    if (rounded !== a) u.flags |= PRECISION;
  } else u.u32[z] = Number(exactRoundToIntegral(u, BINARY32, BigInt(u.u32[x]!)));
}

/** binary64 rounded to an integral number. */
export function round64(u: FloatUnit, x: number, z: number): void {
  const a = u.f64[x]!;
  if (isOrdinary64(a)) {
    const rounded = integral(u.rounding, a);
    u.f64[z] = rounded === 0 ? a * 0 : rounded;
    if (rounded !== a) u.flags |= PRECISION;
  } else u.u64[z] = exactRoundToIntegral(u, BINARY64, u.u64[x]!);
}
