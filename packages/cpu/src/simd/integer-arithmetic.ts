import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, unary, type WordKernel, wordwise } from "./vector-shapes.ts";

const paddb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = A.u8[n]! + B.u8[n]!;
};

const paddw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = A.u16[n]! + B.u16[n]!;
};

const paddd: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! + others[second + n]!;
};

const paddq: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n += 2) {
    const low = (s[first + n]! >>> 0) + (others[second + n]! >>> 0);
    const high = s[first + n + 1]! + others[second + n + 1]!;
    s[to + n] = low;
    s[to + n + 1] = low > 0xffffffff ? high + 1 : high;
  }
};

const psubb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = A.u8[n]! - B.u8[n]!;
};

const psubw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = A.u16[n]! - B.u16[n]!;
};

const psubd: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! - others[second + n]!;
};

const psubq: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n += 2) {
    const low = (s[first + n]! >>> 0) - (others[second + n]! >>> 0);
    const high = s[first + n + 1]! - others[second + n + 1]!;
    s[to + n] = low;
    s[to + n + 1] = low < 0 ? high - 1 : high;
  }
};

const paddsb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = Math.max(-0x80, Math.min(0x7f, A.i8[n]! + B.i8[n]!));
};

const paddsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = Math.max(-0x8000, Math.min(0x7fff, A.i16[n]! + B.i16[n]!));
};

const paddusb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = Math.min(0xff, A.u8[n]! + B.u8[n]!);
};

const paddusw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = Math.min(0xffff, A.u16[n]! + B.u16[n]!);
};

const psubsb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = Math.max(-0x80, Math.min(0x7f, A.i8[n]! - B.i8[n]!));
};

const psubsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = Math.max(-0x8000, Math.min(0x7fff, A.i16[n]! - B.i16[n]!));
};

const psubusb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = Math.max(0, A.u8[n]! - B.u8[n]!);
};

const psubusw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = Math.max(0, A.u16[n]! - B.u16[n]!);
};

const pavgb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = (A.u8[n]! + B.u8[n]! + 1) >> 1;
};

const pavgw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = (A.u16[n]! + B.u16[n]! + 1) >> 1;
};

const pabsb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = Math.abs(A.i8[n]!);
};

const pabsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = Math.abs(A.i16[n]!);
};

const pabsd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = Math.abs(A.i32[n]!);
};

const psignb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = A.i8[n]! * Math.sign(B.i8[n]!);
};

const psignw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = A.i16[n]! * Math.sign(B.i16[n]!);
};

const psignd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n]! * Math.sign(B.i32[n]!);
};

const pminub: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = Math.min(A.u8[n]!, B.u8[n]!);
};

const pminsb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = Math.min(A.i8[n]!, B.i8[n]!);
};

const pminuw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = Math.min(A.u16[n]!, B.u16[n]!);
};

const pminsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = Math.min(A.i16[n]!, B.i16[n]!);
};

const pminud: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.u32[n] = Math.min(A.u32[n]!, B.u32[n]!);
};

const pminsd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = Math.min(A.i32[n]!, B.i32[n]!);
};

const pmaxub: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.u8[n] = Math.max(A.u8[n]!, B.u8[n]!);
};

const pmaxsb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = Math.max(A.i8[n]!, B.i8[n]!);
};

const pmaxuw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = Math.max(A.u16[n]!, B.u16[n]!);
};

const pmaxsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = Math.max(A.i16[n]!, B.i16[n]!);
};

const pmaxud: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.u32[n] = Math.max(A.u32[n]!, B.u32[n]!);
};

const pmaxsd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = Math.max(A.i32[n]!, B.i32[n]!);
};

const pcmpeqb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = A.i8[n] === B.i8[n] ? -1 : 0;
};

const pcmpeqw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = A.i16[n] === B.i16[n] ? -1 : 0;
};

const pcmpeqd: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! === others[second + n]! ? -1 : 0;
};

function setQuad(n: number, holds: boolean): void {
  R.i32[n] = holds ? -1 : 0;
  R.i32[n + 1] = holds ? -1 : 0;
}

const pcmpeqq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) setQuad(n, A.i32[n] === B.i32[n] && A.i32[n + 1] === B.i32[n + 1]);
};

const pcmpgtb: Kernel = (bytes) => {
  for (let n = 0; n < bytes; n++) R.i8[n] = A.i8[n]! > B.i8[n]! ? -1 : 0;
};

const pcmpgtw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = A.i16[n]! > B.i16[n]! ? -1 : 0;
};

const pcmpgtd: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! > others[second + n]! ? -1 : 0;
};

const pcmpgtq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) {
    const a = A.i32[n + 1]!;
    const b = B.i32[n + 1]!;
    setQuad(n, a > b || (a === b && A.u32[n]! > B.u32[n]!));
  }
};

/** Integer arithmetic and comparison, element by element. */
export const INTEGER_ARITHMETIC: Readonly<Record<string, VectorCompiler>> = {
  paddb: binary(paddb),
  paddw: binary(paddw),
  paddd: wordwise(paddd),
  psubb: binary(psubb),
  psubw: binary(psubw),
  psubd: wordwise(psubd),
  paddsb: binary(paddsb),
  paddsw: binary(paddsw),
  paddusb: binary(paddusb),
  paddusw: binary(paddusw),
  psubsb: binary(psubsb),
  psubsw: binary(psubsw),
  psubusb: binary(psubusb),
  psubusw: binary(psubusw),
  pcmpeqb: binary(pcmpeqb),
  pcmpeqw: binary(pcmpeqw),
  pcmpeqd: wordwise(pcmpeqd),
  pcmpgtb: binary(pcmpgtb),
  pcmpgtw: binary(pcmpgtw),
  pcmpgtd: wordwise(pcmpgtd),
  pavgb: binary(pavgb),
  pavgw: binary(pavgw),
  pminub: binary(pminub),
  pminsw: binary(pminsw),
  pmaxub: binary(pmaxub),
  pmaxsw: binary(pmaxsw),
  paddq: wordwise(paddq),
  psubq: wordwise(psubq),
  pabsb: unary(pabsb),
  pabsw: unary(pabsw),
  pabsd: unary(pabsd),
  psignb: binary(psignb),
  psignw: binary(psignw),
  psignd: binary(psignd),
  pminsb: binary(pminsb),
  pminuw: binary(pminuw),
  pminud: binary(pminud),
  pminsd: binary(pminsd),
  pmaxsb: binary(pmaxsb),
  pmaxuw: binary(pmaxuw),
  pmaxud: binary(pmaxud),
  pmaxsd: binary(pmaxsd),
  pcmpeqq: binary(pcmpeqq),
  pcmpgtq: binary(pcmpgtq),
};
