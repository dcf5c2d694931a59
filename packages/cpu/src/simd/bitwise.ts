import { A, B, type Kernel, R } from "./lanes.ts";
import type { EncodingFeatures, VectorInstruction } from "./vector-instruction.ts";
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

const SSE: EncodingFeatures = { sse: "sse", avx: "avx", avx256: "avx" };
const SSE2: EncodingFeatures = { sse: "sse2", avx: "avx", avx256: "avx" };
const INTEGER: EncodingFeatures = { mmx: "mmx", sse: "sse2", avx: "avx", avx256: "avx2" };

/** Bitwise operations. */
export const BITWISE: Readonly<Record<string, VectorInstruction>> = {
  andps: { features: SSE, compile: binary(and) },
  andpd: { features: SSE2, compile: binary(and) },
  pand: { features: INTEGER, compile: binary(and) },
  andnps: { features: SSE, compile: binary(andNot) },
  andnpd: { features: SSE2, compile: binary(andNot) },
  pandn: { features: INTEGER, compile: binary(andNot) },
  orps: { features: SSE, compile: binary(or) },
  orpd: { features: SSE2, compile: binary(or) },
  por: { features: INTEGER, compile: binary(or) },
  xorps: { features: SSE, compile: binary(xor) },
  xorpd: { features: SSE2, compile: binary(xor) },
  pxor: { features: INTEGER, compile: binary(xor) },
};
