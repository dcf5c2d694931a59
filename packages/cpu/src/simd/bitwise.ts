import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary } from "./vector-shapes.ts";

const and: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! & B.i32[n]!;
};

const andNot: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = ~A.i32[n]! & B.i32[n]!;
};

const or: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! | B.i32[n]!;
};

const xor: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! ^ B.i32[n]!;
};

/** Bitwise operations. */
export const BITWISE: Readonly<Record<string, VectorCompiler>> = {
  andps: binary(and),
  andpd: binary(and),
  pand: binary(and),
  andnps: binary(andNot),
  andnpd: binary(andNot),
  pandn: binary(andNot),
  orps: binary(or),
  orpd: binary(or),
  por: binary(or),
  xorps: binary(xor),
  xorpd: binary(xor),
  pxor: binary(xor),
};
