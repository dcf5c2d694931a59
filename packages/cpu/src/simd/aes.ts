import { INVERSES, multiplyBytes } from "./galois-field.ts";
import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, unary } from "./vector-shapes.ts";

function rotateByte(byte: number, count: number): number {
  return ((byte << count) | (byte >> (8 - count))) & 0xff;
}

function substituteByte(byte: number): number {
  const x = INVERSES[byte]!;
  return x ^ rotateByte(x, 1) ^ rotateByte(x, 2) ^ rotateByte(x, 3) ^ rotateByte(x, 4) ^ 0x63;
}

const SUBSTITUTION = Uint8Array.from({ length: 256 }, (_, byte) => substituteByte(byte));
const INVERSE_SUBSTITUTION = new Uint8Array(256);
SUBSTITUTION.forEach((value, byte) => {
  INVERSE_SUBSTITUTION[value] = byte;
});

function multiples(factor: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => multiplyBytes(byte, factor));
}

const BY_2 = multiples(2);
const BY_3 = multiples(3);
const BY_9 = multiples(9);
const BY_11 = multiples(11);
const BY_13 = multiples(13);
const BY_14 = multiples(14);

/** Rows are bytes of equal number in the four doublewords of a block; each moves by its number of columns. */
const SHIFTED_ROWS = Uint8Array.from({ length: 16 }, (_, n) => (n + 4 * (n & 3)) & 15);
const INVERSE_SHIFTED_ROWS = Uint8Array.from({ length: 16 }, (_, n) => (n - 4 * (n & 3)) & 15);

/** SubBytes and ShiftRows, or their inverses, of A into R. */
function substituteAndShift(lane: number, box: Uint8Array, rows: Uint8Array): void {
  for (let n = 0; n < 16; n++) R.u8[lane + n] = box[A.u8[lane + rows[n]!]!]!;
}

function mixColumn(at: number): void {
  const r = R.u8;
  const [s0, s1, s2, s3] = [r[at]!, r[at + 1]!, r[at + 2]!, r[at + 3]!];
  r[at] = BY_2[s0]! ^ BY_3[s1]! ^ s2 ^ s3;
  r[at + 1] = s0 ^ BY_2[s1]! ^ BY_3[s2]! ^ s3;
  r[at + 2] = s0 ^ s1 ^ BY_2[s2]! ^ BY_3[s3]!;
  r[at + 3] = BY_3[s0]! ^ s1 ^ s2 ^ BY_2[s3]!;
}

function unmixColumn(at: number): void {
  const r = R.u8;
  const [s0, s1, s2, s3] = [r[at]!, r[at + 1]!, r[at + 2]!, r[at + 3]!];
  r[at] = BY_14[s0]! ^ BY_11[s1]! ^ BY_13[s2]! ^ BY_9[s3]!;
  r[at + 1] = BY_9[s0]! ^ BY_14[s1]! ^ BY_11[s2]! ^ BY_13[s3]!;
  r[at + 2] = BY_13[s0]! ^ BY_9[s1]! ^ BY_14[s2]! ^ BY_11[s3]!;
  r[at + 3] = BY_11[s0]! ^ BY_13[s1]! ^ BY_9[s2]! ^ BY_14[s3]!;
}

type Mix = (at: number) => void;

/** One round on each 128-bit lane: state in A, round key in B. */
function round(box: Uint8Array, rows: Uint8Array, mix: Mix | null): Kernel {
  return (bytes) => {
    for (let lane = 0; lane < bytes; lane += 16) {
      substituteAndShift(lane, box, rows);
      if (mix !== null) for (let n = 0; n < 16; n += 4) mix(lane + n);
    }
    for (let n = 0; n < bytes >> 2; n++) R.i32[n]! ^= B.i32[n]!;
  };
}

const aesimc: Kernel = () => {
  R.i32.set(A.i32);
  for (let n = 0; n < 16; n += 4) unmixColumn(n);
};

/** The substituted doubleword `n` of A. */
function substituteWord(n: number): number {
  let word = 0;
  for (let k = 0; k < 4; k++) word |= SUBSTITUTION[A.u8[4 * n + k]!]! << (8 * k);
  return word;
}

const aeskeygenassist: Kernel = (_bytes, immediate) => {
  for (let n = 0; n < 4; n += 2) {
    const word = substituteWord(n + 1);
    R.i32[n] = word;
    R.i32[n + 1] = ((word >>> 8) | (word << 24)) ^ immediate;
  }
};

/** AES rounds and key expansion. */
export const AES: Readonly<Record<string, VectorCompiler>> = {
  aesenc: binary(round(SUBSTITUTION, SHIFTED_ROWS, mixColumn)),
  aesenclast: binary(round(SUBSTITUTION, SHIFTED_ROWS, null)),
  aesdec: binary(round(INVERSE_SUBSTITUTION, INVERSE_SHIFTED_ROWS, unmixColumn)),
  aesdeclast: binary(round(INVERSE_SUBSTITUTION, INVERSE_SHIFTED_ROWS, null)),
  aesimc: unary(aesimc),
  aeskeygenassist: unary(aeskeygenassist),
};
