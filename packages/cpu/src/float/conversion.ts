import { isNormal32, isOrdinary32 } from "./binary32.ts";
import { isOrdinary64 } from "./binary64.ts";
import { exactConvert, exactFromInteger } from "./exact-conversion.ts";
import type { FloatUnit } from "./float-unit.ts";
import { BINARY16, BINARY32, BINARY64 } from "./format.ts";
import { INVALID, PRECISION, ROUND_NEAREST } from "./mxcsr.ts";
import { sumResidual } from "./residual.ts";

const TWO_32 = 2 ** 32;

/** binary32 to binary64. */
export function float32ToFloat64(u: FloatUnit, x: number, z: number): void {
  const a = u.f32[x]!;
  if (isOrdinary32(a)) u.f64[z] = a;
  else u.u64[z] = exactConvert(u, BINARY32, BINARY64, BigInt(u.u32[x]!));
}

/** binary64 to binary32. */
export function float64ToFloat32(u: FloatUnit, x: number, z: number): void {
  const a = u.f64[x]!;
  const result = Math.fround(a);
  if (u.rounding === ROUND_NEAREST && isOrdinary64(a) && (isNormal32(result) || a === 0)) {
    u.f32[z] = result;
    if (result !== a) u.flags |= PRECISION;
  } else u.u32[z] = Number(exactConvert(u, BINARY64, BINARY32, u.u64[x]!));
}

/** A signed 32-bit integer to binary32. */
export function int32ToFloat32(u: FloatUnit, x: number, z: number): void {
  const a = u.i32[x]!;
  const result = Math.fround(a);
  if (result === a) u.f32[z] = result;
  else if (u.rounding === ROUND_NEAREST) {
    u.f32[z] = result;
    u.flags |= PRECISION;
  } else u.u32[z] = Number(exactFromInteger(u, BINARY32, BigInt(a)));
}

/** A signed 32-bit integer to binary64. */
export function int32ToFloat64(u: FloatUnit, x: number, z: number): void {
  u.f64[z] = u.i32[x]!;
}

/** A signed 64-bit integer to binary32. */
export function int64ToFloat32(u: FloatUnit, x: number, z: number): void {
  const high = u.i32[2 * x + 1]! * TWO_32;
  const a = high + u.u32[2 * x]!;
  const result = Math.fround(a);
  // Beyond 53 bits `a` itself may be rounded.
  if (u.rounding === ROUND_NEAREST && Math.abs(a) <= Number.MAX_SAFE_INTEGER) {
    u.f32[z] = result;
    if (result !== a) u.flags |= PRECISION;
  } else u.u32[z] = Number(exactFromInteger(u, BINARY32, BigInt.asIntN(64, u.u64[x]!)));
}

/** A signed 64-bit integer to binary64. */
export function int64ToFloat64(u: FloatUnit, x: number, z: number): void {
  const high = u.i32[2 * x + 1]! * TWO_32;
  const low = u.u32[2 * x]!;
  const result = high + low;
  if (u.rounding === ROUND_NEAREST || Math.abs(result) <= Number.MAX_SAFE_INTEGER) {
    u.f64[z] = result;
    if (sumResidual(high, low, result) !== 0) u.flags |= PRECISION;
  } else u.u64[z] = exactFromInteger(u, BINARY64, BigInt.asIntN(64, u.u64[x]!));
}

const HALF_EXPONENT = 0x7c00;
const HALF_FRACTION = 0x3ff;
const HALF_QUIET = 0x200;

/** binary16 to binary32, always exact. Denormals are no exception and never zeros (SDM 2C "VCVTPH2PS"). */
export function float16ToFloat32(u: FloatUnit, x: number, z: number): void {
  const bits = u.u16[x]!;
  const fraction = bits & HALF_FRACTION;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if ((bits & HALF_EXPONENT) !== HALF_EXPONENT) {
    const exponent = (bits & HALF_EXPONENT) >> 10;
    const magnitude = exponent === 0 ? fraction * 2 ** -24 : (fraction | 0x400) * 2 ** (exponent - 25);
    u.f32[z] = sign * magnitude;
    return;
  }
  if (fraction !== 0 && (fraction & HALF_QUIET) === 0) u.flags |= INVALID;
  const quiet = fraction === 0 ? 0 : 0x400000;
  u.i32[z] = ((bits & 0x8000) << 16) | 0x7f800000 | quiet | (fraction << 13);
}

/** binary32 to binary16. The unit must not flush tiny results, which VCVTPS2PH never does (SDM 2C "VCVTPS2PH"). */
export function float32ToFloat16(u: FloatUnit, x: number, z: number): void {
  u.u16[z] = Number(exactConvert(u, BINARY32, BINARY16, BigInt(u.u32[x]!)));
}
