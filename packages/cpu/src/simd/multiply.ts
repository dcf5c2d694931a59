import { A, B, type Kernel, type Lanes, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { binary, unary } from "./vector-shapes.ts";

const pmullw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = A.i16[n]! * B.i16[n]!;
};

const pmulhw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = (A.i16[n]! * B.i16[n]!) >> 16;
};

const pmulhuw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.u16[n] = (A.u16[n]! * B.u16[n]!) >>> 16;
};

const pmulhrsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++) R.i16[n] = (((A.i16[n]! * B.i16[n]!) >> 14) + 1) >> 1;
};

const pmulld: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = Math.imul(A.i32[n]!, B.i32[n]!);
};

/** High half of the unsigned product, by 16-bit digits. */
function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536);
}

const pmuludq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) {
    const a = A.u32[n]!;
    const b = B.u32[n]!;
    R.i32[n] = Math.imul(a, b);
    R.u32[n + 1] = highOfProduct(a, b);
  }
};

const pmuldq: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n += 2) {
    const a = A.i32[n]!;
    const b = B.i32[n]!;
    const high = highOfProduct(a >>> 0, b >>> 0);
    R.i32[n] = Math.imul(a, b);
    R.i32[n + 1] = high - (a < 0 ? b : 0) - (b < 0 ? a : 0);
  }
};

const pmaddwd: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i16[2 * n]! * B.i16[2 * n]! + A.i16[2 * n + 1]! * B.i16[2 * n + 1]!;
};

function saturate16(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, value));
}

const pmaddubsw: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 1; n++)
    R.i16[n] = saturate16(A.u8[2 * n]! * B.i8[2 * n]! + A.u8[2 * n + 1]! * B.i8[2 * n + 1]!);
};

const psadbw: Kernel = (bytes) => {
  for (let quad = 0; quad < bytes >> 3; quad++) {
    let sum = 0;
    for (let n = quad * 8; n < quad * 8 + 8; n++) sum += Math.abs(A.u8[n]! - B.u8[n]!);
    R.i32[2 * quad] = sum;
    R.i32[2 * quad + 1] = 0;
  }
};

/** Eight sums of four differences in a 128-bit lane: from byte `a` of A on against four bytes of B. */
function sumsOfDifferences(lane: number, control: number): void {
  const a = lane + ((control >> 2) & 1) * 4;
  const b = lane + (control & 3) * 4;
  for (let n = 0; n < 8; n++) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(A.u8[a + n + k]! - B.u8[b + k]!);
    R.u16[(lane >> 1) + n] = sum;
  }
}

const mpsadbw: Kernel = (bytes, immediate) => {
  sumsOfDifferences(0, immediate);
  if (bytes === 32) sumsOfDifferences(16, immediate >> 3);
};

const phminposuw: Kernel = () => {
  let least = 0;
  for (let n = 1; n < 8; n++) if (A.u16[n]! < A.u16[least]!) least = n;
  R.i32[0] = A.u16[least]! | (least << 16);
  R.i32.fill(0, 1, 4);
};

type Combine = (first: number, second: number) => number;

/** Neighbours combined: in each lane first those of A, then those of B. */
function horizontalWords(combine: Combine): Kernel {
  const half = (from: Lanes, source: number, to: number, count: number) => {
    for (let n = 0; n < count; n++) R.i16[to + n] = combine(from.i16[source + 2 * n]!, from.i16[source + 2 * n + 1]!);
  };
  return (bytes) => {
    const laneWords = Math.min(bytes, 16) >> 1;
    for (let lane = 0; lane < bytes >> 1; lane += laneWords) {
      half(A, lane, lane, laneWords >> 1);
      half(B, lane, lane + (laneWords >> 1), laneWords >> 1);
    }
  };
}

function horizontalDoublewords(combine: Combine): Kernel {
  const half = (from: Lanes, source: number, to: number, count: number) => {
    for (let n = 0; n < count; n++) R.i32[to + n] = combine(from.i32[source + 2 * n]!, from.i32[source + 2 * n + 1]!);
  };
  return (bytes) => {
    const laneWords = Math.min(bytes, 16) >> 2;
    for (let lane = 0; lane < bytes >> 2; lane += laneWords) {
      half(A, lane, lane, laneWords >> 1);
      half(B, lane, lane + (laneWords >> 1), laneWords >> 1);
    }
  };
}

const add: Combine = (first, second) => first + second;
const subtract: Combine = (first, second) => first - second;

/** Products, sums across elements and distances. */
export const MULTIPLY: Readonly<Record<string, VectorCompiler>> = {
  pmullw: binary(pmullw),
  pmulhw: binary(pmulhw),
  pmaddwd: binary(pmaddwd),
  pmulhuw: binary(pmulhuw),
  psadbw: binary(psadbw),
  pmuludq: binary(pmuludq),
  pmulhrsw: binary(pmulhrsw),
  pmaddubsw: binary(pmaddubsw),
  phaddw: binary(horizontalWords(add)),
  phaddd: binary(horizontalDoublewords(add)),
  phaddsw: binary(horizontalWords((first, second) => saturate16(first + second))),
  phsubw: binary(horizontalWords(subtract)),
  phsubd: binary(horizontalDoublewords(subtract)),
  phsubsw: binary(horizontalWords((first, second) => saturate16(first - second))),
  pmulld: binary(pmulld),
  pmuldq: binary(pmuldq),
  mpsadbw: binary(mpsadbw),
  phminposuw: unary(phminposuw),
};
