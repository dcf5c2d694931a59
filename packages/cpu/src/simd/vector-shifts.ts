import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, unary } from "./vector-shapes.ts";

/** Shifts the elements of A by a count that may be as large as an element and larger. */
type ShiftKernel = (bytes: number, count: number) => void;

const psllw: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = count > 15 ? 0 : A.u16[n]! << count;
};

const pslld: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = count > 31 ? 0 : A.i32[n]! << count;
};

const psrlw: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = count > 15 ? 0 : A.u16[n]! >>> count;
};

const psrld: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = count > 31 ? 0 : A.i32[n]! >>> count;
};

const psraw: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = A.i16[n]! >> Math.min(count, 15);
};

const psrad: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! >> Math.min(count, 31);
};

/** Shifts 64 bits at word `n` left. */
function shiftQuadLeft(n: number, count: number): void {
  const low = A.i32[n]!;
  const high = A.i32[n + 1]!;
  R.i32[n] = count > 31 ? 0 : low << count;
  if (count === 0) R.i32[n + 1] = high;
  else if (count < 32) R.i32[n + 1] = (high << count) | (low >>> (32 - count));
  else R.i32[n + 1] = count > 63 ? 0 : low << (count - 32);
}

function shiftQuadRight(n: number, count: number): void {
  const low = A.i32[n]!;
  const high = A.i32[n + 1]!;
  R.i32[n + 1] = count > 31 ? 0 : high >>> count;
  if (count === 0) R.i32[n] = low;
  else if (count < 32) R.i32[n] = (low >>> count) | (high << (32 - count));
  else R.i32[n] = count > 63 ? 0 : high >>> (count - 32);
}

const psllq: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 2; n += 2) shiftQuadLeft(n, count);
};

const psrlq: ShiftKernel = (bytes, count) => {
  for (let n = 0; n < bytes >> 2; n += 2) shiftQuadRight(n, count);
};

const MORE_THAN_ANY = 255;

/** The low 64 bits of B, as far as it matters. */
function countInB(): number {
  return B.i32[1] !== 0 || B.u32[0]! > MORE_THAN_ANY ? MORE_THAN_ANY : B.i32[0]!;
}

/** All elements by one count: an immediate or the low half of the second source. */
function byOneCount(shift: ShiftKernel): VectorCompiler {
  const byImmediate = unary(shift);
  const byRegister = binary((bytes) => shift(bytes, countInB()));
  return (form) => (form.instruction.operands.at(-1)!.kind === "immediate" ? byImmediate : byRegister)(form);
}

const pslldq: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes; n++) {
    const from = (n & 15) - immediate;
    R.u8[n] = from < 0 ? 0 : A.u8[(n & 16) + from]!;
  }
};

const psrldq: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes; n++) {
    const from = (n & 15) + immediate;
    R.u8[n] = from > 15 ? 0 : A.u8[(n & 16) + from]!;
  }
};

const vpsllvd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = B.u32[n]! > 31 ? 0 : A.i32[n]! << B.i32[n]!;
};

const vpsrlvd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = B.u32[n]! > 31 ? 0 : A.i32[n]! >>> B.i32[n]!;
};

const vpsravd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! >> Math.min(B.u32[n]!, 31);
};

/** The 64-bit count at word `n` of B, as far as it matters. */
function quadCount(n: number): number {
  return B.i32[n + 1] !== 0 || B.u32[n]! > 63 ? MORE_THAN_ANY : B.i32[n]!;
}

const vpsllvq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) shiftQuadLeft(n, quadCount(n));
};

const vpsrlvq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) shiftQuadRight(n, quadCount(n));
};

/** Shifts. */
export const VECTOR_SHIFTS: Readonly<Record<string, VectorCompiler>> = {
  psllw: byOneCount(psllw),
  pslld: byOneCount(pslld),
  psllq: byOneCount(psllq),
  psrlw: byOneCount(psrlw),
  psrld: byOneCount(psrld),
  psrlq: byOneCount(psrlq),
  psraw: byOneCount(psraw),
  psrad: byOneCount(psrad),
  pslldq: unary(pslldq),
  psrldq: unary(psrldq),
  vpsllvd: binary(vpsllvd),
  vpsllvq: binary(vpsllvq),
  vpsrlvd: binary(vpsrlvd),
  vpsrlvq: binary(vpsrlvq),
  vpsravd: binary(vpsravd),
};
