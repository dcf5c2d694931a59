import { CF, writeArithmeticFlags, ZF } from "../flags.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { writeOperand } from "../system/operands.ts";
import { A, B } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, vectorSource } from "./vector-operands.ts";

/** The sign bits of A as a number. */
type SignMask = (bytes: number) => number;

const ofBytes: SignMask = (bytes) => {
  let mask = 0;
  for (let n = 0; n < bytes; n++) mask |= (A.u8[n]! >> 7) << n;
  return mask;
};

const ofDoublewords: SignMask = (bytes) => {
  let mask = 0;
  for (let n = 0; n < bytes >> 2; n++) mask |= (A.i32[n]! >>> 31) << n;
  return mask;
};

const ofQuadwords: SignMask = (bytes) => {
  let mask = 0;
  for (let n = 0; n < bytes >> 3; n++) mask |= (A.i32[2 * n + 1]! >>> 31) << n;
  return mask;
};

function moveMask(maskOf: SignMask): VectorCompiler {
  return (form) => {
    const { need } = form;
    const source = vectorSource(form, 1);
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, source, A);
      writeOperand(c, i, 0, maskOf(source.bytes), 0);
      if (source.bytes === 8) enterMmx(c);
      return STATUS_NEXT;
    };
  };
}

/** ZF if no chosen bit is set in both sources, CF if none is set in the second alone; the other flags become 0. */
function flagsOfBits(words: number, odd: number, even: number): number {
  let both = 0;
  let alone = 0;
  for (let n = 0; n < words; n++) {
    const bits = B.i32[n]! & ((n & 1) === 0 ? even : odd);
    both |= A.i32[n]! & bits;
    alone |= ~A.i32[n]! & bits;
  }
  return (both === 0 ? ZF : 0) | (alone === 0 ? CF : 0);
}

/** `odd` and `even`: which bits of doublewords with such numbers count. */
function testBits(odd: number, even: number): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const first = vectorSource(form, 0);
    const second = vectorSource(form, 1);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      writeArithmeticFlags(c.s, flagsOfBits(bytes >> 2, odd, even));
      return STATUS_NEXT;
    };
  };
}

const SIGN = 1 << 31;

/** Sign bits as masks and flags. */
export const SIGN_MASKS: Readonly<Record<string, VectorCompiler>> = {
  movmskps: moveMask(ofDoublewords),
  movmskpd: moveMask(ofQuadwords),
  pmovmskb: moveMask(ofBytes),
  ptest: testBits(-1, -1),
  vtestps: testBits(SIGN, SIGN),
  vtestpd: testBits(SIGN, 0),
};
