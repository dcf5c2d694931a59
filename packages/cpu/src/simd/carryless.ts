import { INVERSES, multiplyBytes } from "./galois-field.ts";
import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary } from "./vector-shapes.ts";

/** Adds the carry-less product of two doublewords into R at word `at`. */
function accumulate(a: number, b: number, at: number): void {
  let low = 0;
  let high = 0;
  for (let n = 0; n < 32; n++) {
    if (((b >>> n) & 1) === 0) continue;
    low ^= a << n;
    if (n !== 0) high ^= a >>> (32 - n);
  }
  R.i32[at]! ^= low;
  R.i32[at + 1]! ^= high;
}

/** A quadword of each source, multiplied without carries in each 128-bit lane. */
const pclmulqdq: Kernel = (bytes, immediate) => {
  R.i32.fill(0);
  const [first, second] = [(immediate & 1) * 2, ((immediate >> 4) & 1) * 2];
  for (let lane = 0; lane < bytes >> 2; lane += 4)
    for (let n = 0; n < 2; n++)
      for (let k = 0; k < 2; k++) accumulate(A.i32[lane + first + n]!, B.i32[lane + second + k]!, lane + n + k);
};

const gf2p8mulb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = multiplyBytes(A.u8[n]!, B.u8[n]!);
};

function parity(byte: number): number {
  const folded = byte ^ (byte >> 4);
  return (0x6996 >> (folded & 15)) & 1;
}

/** A byte times the bit matrix in a quadword of B, whose byte 7 - n makes bit n. */
function transform(byte: number, matrix: number, constant: number): number {
  let result = constant;
  for (let n = 0; n < 8; n++) result ^= parity(byte & B.u8[matrix + 7 - n]!) << n;
  return result;
}

const gf2p8affineqb: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = transform(A.u8[n]!, n & ~7, immediate);
};

const gf2p8affineinvqb: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = transform(INVERSES[A.u8[n]!]!, n & ~7, immediate);
};

/** Products of polynomials over GF(2), and in GF(2^8). */
export const CARRYLESS: Readonly<Record<string, VectorCompiler>> = {
  pclmulqdq: binary(pclmulqdq),
  gf2p8mulb: binary(gf2p8mulb),
  gf2p8affineqb: binary(gf2p8affineqb),
  gf2p8affineinvqb: binary(gf2p8affineinvqb),
};
