import { A, B, C, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, ternary } from "./vector-shapes.ts";

/*
 * FIPS 180-4. The first of four words lies in the highest doubleword for SHA-1 and in the lowest for the schedule of SHA-256.
 */

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function rotateRight(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count));
}

function choose(x: number, y: number, z: number): number {
  return (x & y) ^ (~x & z);
}

function majority(x: number, y: number, z: number): number {
  return (x & y) ^ (x & z) ^ (y & z);
}

function parity(x: number, y: number, z: number): number {
  return x ^ y ^ z;
}

const FUNCTIONS_1 = [choose, parity, majority, parity] as const;
const CONSTANTS_1 = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;

/** Four rounds: a to d in A, and in B the message words, with e added to the first of them. */
const sha1rnds4: Kernel = (_bytes, immediate) => {
  const mix = FUNCTIONS_1[immediate & 3]!;
  const constant = CONSTANTS_1[immediate & 3]!;
  let [a, b, c, d, e] = [A.i32[3]!, A.i32[2]!, A.i32[1]!, A.i32[0]!, 0];
  for (let n = 3; n >= 0; n--) {
    const next = (mix(b, c, d) + rotateLeft(a, 5) + B.i32[n]! + e + constant) | 0;
    [a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d];
  }
  R.i32.set([d, c, b, a]);
};

const sha1nexte: Kernel = () => {
  R.i32.set(B.i32);
  R.i32[3] = B.i32[3]! + rotateLeft(A.i32[3]!, 30);
};

const sha1msg1: Kernel = () => {
  R.i32[3] = A.i32[1]! ^ A.i32[3]!;
  R.i32[2] = A.i32[0]! ^ A.i32[2]!;
  R.i32[1] = B.i32[3]! ^ A.i32[1]!;
  R.i32[0] = B.i32[2]! ^ A.i32[0]!;
};

const sha1msg2: Kernel = () => {
  const first = rotateLeft(A.i32[3]! ^ B.i32[2]!, 1);
  R.i32[3] = first;
  R.i32[2] = rotateLeft(A.i32[2]! ^ B.i32[1]!, 1);
  R.i32[1] = rotateLeft(A.i32[1]! ^ B.i32[0]!, 1);
  R.i32[0] = rotateLeft(A.i32[0]! ^ first, 1);
};

/** Two rounds: c, d, g, h in A, a, b, e, f in B, and in C the message words with their constants. */
const sha256rnds2: Kernel = () => {
  let [a, b, c, d] = [B.i32[3]!, B.i32[2]!, A.i32[3]!, A.i32[2]!];
  let [e, f, g, h] = [B.i32[1]!, B.i32[0]!, A.i32[1]!, A.i32[0]!];
  for (let n = 0; n < 2; n++) {
    const sum1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const sum0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const t1 = (h + sum1 + choose(e, f, g) + C.i32[n]!) | 0;
    const t2 = (sum0 + majority(a, b, c)) | 0;
    [e, f, g, h] = [(d + t1) | 0, e, f, g];
    [a, b, c, d] = [(t1 + t2) | 0, a, b, c];
  }
  R.i32.set([f, e, b, a]);
};

function schedule0(word: number): number {
  return rotateRight(word, 7) ^ rotateRight(word, 18) ^ (word >>> 3);
}

function schedule1(word: number): number {
  return rotateRight(word, 17) ^ rotateRight(word, 19) ^ (word >>> 10);
}

const sha256msg1: Kernel = () => {
  for (let n = 0; n < 4; n++) R.i32[n] = A.i32[n]! + schedule0(n === 3 ? B.i32[0]! : A.i32[n + 1]!);
};

const sha256msg2: Kernel = () => {
  R.i32[0] = A.i32[0]! + schedule1(B.i32[2]!);
  R.i32[1] = A.i32[1]! + schedule1(B.i32[3]!);
  R.i32[2] = A.i32[2]! + schedule1(R.i32[0]!);
  R.i32[3] = A.i32[3]! + schedule1(R.i32[1]!);
};

/** SHA-1 and SHA-256. */
export const SHA: Readonly<Record<string, VectorCompiler>> = {
  sha1rnds4: binary(sha1rnds4),
  sha1nexte: binary(sha1nexte),
  sha1msg1: binary(sha1msg1),
  sha1msg2: binary(sha1msg2),
  sha256rnds2: ternary(sha256rnds2),
  sha256msg1: binary(sha256msg1),
  sha256msg2: binary(sha256msg2),
};
