import { A, B, C, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, ternary } from "./vector-shapes.ts";

/** Bits of the immediate choose doublewords of B. */
const blendps: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = ((immediate >> n) & 1) === 0 ? A.i32[n]! : B.i32[n]!;
};

const blendpd: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = ((immediate >> (n >> 1)) & 1) === 0 ? A.i32[n]! : B.i32[n]!;
};

const pblendw: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = ((immediate >> (n & 7)) & 1) === 0 ? A.i16[n]! : B.i16[n]!;
};

/** Sign bits of the mask choose bytes of B. */
const pblendvb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = C.i8[n]! >= 0 ? A.u8[n]! : B.u8[n]!;
};

const blendvps: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = C.i32[n]! >= 0 ? A.i32[n]! : B.i32[n]!;
};

const blendvpd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = C.i32[n | 1]! >= 0 ? A.i32[n]! : B.i32[n]!;
};

/** Blends: elements of either source. */
export const BLENDS: Readonly<Record<string, VectorCompiler>> = {
  blendps: binary(blendps),
  blendpd: binary(blendpd),
  blendvps: ternary(blendvps),
  blendvpd: ternary(blendvpd),
  pblendw: binary(pblendw),
  pblendvb: ternary(pblendvb),
  vpblendd: binary(blendps),
};
