import { isOrdinary32 } from "./binary32.ts";
import { isOrdinary64 } from "./binary64.ts";
import { EQUAL, exactCompare, GREATER, LESS, withoutDenormal } from "./exact-comparison.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY32, BINARY64 } from "./format.ts";

function orderOf(a: number, b: number): number {
  if (a < b) return LESS;
  return a > b ? GREATER : EQUAL;
}

/** Order of two binary32 numbers; see `exactCompare`. */
export function compare32(u: FloatUnit, x: number, y: number, signaling: boolean): number {
  const a = u.f32[x]!;
  const b = u.f32[y]!;
  if (isOrdinary32(a) && isOrdinary32(b)) return orderOf(a, b);
  return exactCompare(u, BINARY32, BigInt(u.u32[x]!), BigInt(u.u32[y]!), signaling);
}

/** Order of two binary64 numbers; see `exactCompare`. */
export function compare64(u: FloatUnit, x: number, y: number, signaling: boolean): number {
  const a = u.f64[x]!;
  const b = u.f64[y]!;
  if (isOrdinary64(a) && isOrdinary64(b)) return orderOf(a, b);
  return exactCompare(u, BINARY64, u.u64[x]!, u.u64[y]!, signaling);
}

/** The first operand if it stands in the wanted order to the second, which answers zeros of both signs and NaNs (SDM 2B "MINPD"). */
function select32(u: FloatUnit, x: number, y: number, z: number, wanted: number): void {
  const chosen = compare32(u, x, y, true) === wanted ? x : y;
  u.u32[z] = u.denormalsAreZeros ? Number(withoutDenormal(u, BINARY32, BigInt(u.u32[chosen]!))) : u.u32[chosen]!;
}

function select64(u: FloatUnit, x: number, y: number, z: number, wanted: number): void {
  const chosen = compare64(u, x, y, true) === wanted ? x : y;
  if (u.denormalsAreZeros) u.u64[z] = withoutDenormal(u, BINARY64, u.u64[chosen]!);
  else {
    u.i32[2 * z] = u.i32[2 * chosen]!;
    u.i32[2 * z + 1] = u.i32[2 * chosen + 1]!;
  }
}

export function minimum32(u: FloatUnit, x: number, y: number, z: number): void {
  select32(u, x, y, z, LESS);
}

export function maximum32(u: FloatUnit, x: number, y: number, z: number): void {
  select32(u, x, y, z, GREATER);
}

export function minimum64(u: FloatUnit, x: number, y: number, z: number): void {
  select64(u, x, y, z, LESS);
}

export function maximum64(u: FloatUnit, x: number, y: number, z: number): void {
  select64(u, x, y, z, GREATER);
}
