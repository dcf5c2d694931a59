import { A, B, type Kernel, type Lanes, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, unary } from "./vector-shapes.ts";

const pshufb: Kernel = (bytes) => {
  const last = bytes === 8 ? 7 : 15;
  for (let n = 0; n < bytes; n++) {
    const control = B.u8[n]!;
    R.u8[n] = control > 127 ? 0 : A.u8[(n & 16) + (control & last)]!;
  }
};

const pshufd: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[(n & 4) + ((immediate >> (2 * (n & 3))) & 3)]!;
};

/** Four words of each 128-bit lane are shuffled, from word `first` on. */
function shuffleWords(first: number): Kernel {
  return (bytes, immediate) => {
    R.i32.set(A.i32);
    for (let lane = first; lane < bytes >> 1; lane += 8)
      for (let n = 0; n < 4; n++) R.i16[lane + n] = A.i16[lane + ((immediate >> (2 * n)) & 3)]!;
  };
}

const shufps: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 2; n++) {
    const from = (n & 2) === 0 ? A : B;
    R.i32[n] = from.i32[(n & 4) + ((immediate >> (2 * (n & 3))) & 3)]!;
  }
};

function copyQuad(from: Lanes, quad: number, to: number): void {
  R.i32[2 * to] = from.i32[2 * quad]!;
  R.i32[2 * to + 1] = from.i32[2 * quad + 1]!;
}

const shufpd: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 3; n++) copyQuad((n & 1) === 0 ? A : B, (n & 2) + ((immediate >> n) & 1), n);
};

/** Elements of the low (`half` 0) or high (1) halves of each lane, in turn from A and B. */
function interleaveBytes(half: number): Kernel {
  return (bytes) => {
    const lane = Math.min(bytes, 16);
    for (let n = 0; n < bytes; n += 2) {
      const from = (n & 16) + ((n & (lane - 1)) >> 1) + half * (lane >> 1);
      R.u8[n] = A.u8[from]!;
      R.u8[n + 1] = B.u8[from]!;
    }
  };
}

function interleaveWords(half: number): Kernel {
  return (bytes) => {
    const lane = Math.min(bytes, 16) >> 1;
    for (let n = 0; n < bytes >> 1; n += 2) {
      const from = (n & 8) + ((n & (lane - 1)) >> 1) + half * (lane >> 1);
      R.u16[n] = A.u16[from]!;
      R.u16[n + 1] = B.u16[from]!;
    }
  };
}

function interleaveDoublewords(half: number): Kernel {
  return (bytes) => {
    const lane = Math.min(bytes, 16) >> 2;
    for (let n = 0; n < bytes >> 2; n += 2) {
      const from = (n & 4) + ((n & (lane - 1)) >> 1) + half * (lane >> 1);
      R.i32[n] = A.i32[from]!;
      R.i32[n + 1] = B.i32[from]!;
    }
  };
}

function interleaveQuadwords(half: number): Kernel {
  return (bytes) => {
    for (let quad = 0; quad < bytes >> 3; quad += 2) {
      copyQuad(A, quad + half, quad);
      copyQuad(B, quad + half, quad + 1);
    }
  };
}

function signed8(value: number): number {
  return Math.max(-0x80, Math.min(0x7f, value));
}

function unsigned8(value: number): number {
  return Math.max(0, Math.min(0xff, value));
}

/** Words narrowed to bytes: in each lane those of A below those of B. */
function packWords(saturate: (value: number) => number): Kernel {
  return (bytes) => {
    const half = Math.min(bytes, 16) >> 1;
    for (let n = 0; n < bytes; n++) {
      const from = (n & half) === 0 ? A : B;
      R.u8[n] = saturate(from.i16[((n & 16) >> 1) + (n & (half - 1))]!);
    }
  };
}

function packDoublewords(least: number, most: number): Kernel {
  return (bytes) => {
    const half = Math.min(bytes, 16) >> 2;
    for (let n = 0; n < bytes >> 1; n++) {
      const from = (n & half) === 0 ? A : B;
      R.i16[n] = Math.max(least, Math.min(most, from.i32[((n & 8) >> 1) + (n & (half - 1))]!));
    }
  };
}

/** A above B in each lane, shifted right by bytes. */
const palignr: Kernel = (bytes, immediate) => {
  const lane = Math.min(bytes, 16);
  for (let n = 0; n < bytes; n++) {
    const from = (n & (lane - 1)) + immediate;
    const base = n & 16;
    if (from < lane) R.u8[n] = B.u8[base + from]!;
    else R.u8[n] = from < 2 * lane ? A.u8[base + from - lane]! : 0;
  }
};

const movddup: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 3; n++) copyQuad(A, n & 2, n);
};

const movsldup: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n & ~1]!;
};

const movshdup: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[n | 1]!;
};

/** Permutations within 128-bit lanes. */
export const SHUFFLES: Readonly<Record<string, VectorCompiler>> = {
  pshufw: unary(shuffleWords(0)),
  punpcklbw: binary(interleaveBytes(0)),
  punpckhbw: binary(interleaveBytes(1)),
  punpcklwd: binary(interleaveWords(0)),
  punpckhwd: binary(interleaveWords(1)),
  punpckldq: binary(interleaveDoublewords(0)),
  punpckhdq: binary(interleaveDoublewords(1)),
  packsswb: binary(packWords(signed8)),
  packuswb: binary(packWords(unsigned8)),
  packssdw: binary(packDoublewords(-0x8000, 0x7fff)),
  pshufd: unary(pshufd),
  pshuflw: unary(shuffleWords(0)),
  pshufhw: unary(shuffleWords(4)),
  punpcklqdq: binary(interleaveQuadwords(0)),
  punpckhqdq: binary(interleaveQuadwords(1)),
  pshufb: binary(pshufb),
  palignr: binary(palignr),
  packusdw: binary(packDoublewords(0, 0xffff)),
  shufps: binary(shufps),
  unpcklps: binary(interleaveDoublewords(0)),
  unpckhps: binary(interleaveDoublewords(1)),
  shufpd: binary(shufpd),
  unpcklpd: binary(interleaveQuadwords(0)),
  unpckhpd: binary(interleaveQuadwords(1)),
  movddup: unary(movddup),
  movsldup: unary(movsldup),
  movshdup: unary(movshdup),
};
