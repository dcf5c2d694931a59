import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { A, B, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, storeVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";
import { binary, unary } from "./vector-shapes.ts";

function copyLane(from: Int32Array, lane: number, to: number): void {
  for (let n = 0; n < 4; n++) R.i32[to * 4 + n] = from[lane * 4 + n]!;
}

const vperm2f128: Kernel = (_bytes, immediate) => {
  for (let lane = 0; lane < 2; lane++) {
    const control = (immediate >> (4 * lane)) & 15;
    if ((control & 8) !== 0) R.i32.fill(0, lane * 4, lane * 4 + 4);
    else copyLane((control & 2) === 0 ? A.i32 : B.i32, control & 1, lane);
  }
};

/** Indexes in A, elements in B. */
const vpermd: Kernel = () => {
  for (let n = 0; n < 8; n++) R.i32[n] = B.i32[A.i32[n]! & 7]!;
};

const vpermq: Kernel = (_bytes, immediate) => {
  for (let n = 0; n < 4; n++) {
    const from = ((immediate >> (2 * n)) & 3) * 2;
    R.i32[2 * n] = A.i32[from]!;
    R.i32[2 * n + 1] = A.i32[from + 1]!;
  }
};

const vpermilpsByControl: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[(n & 4) + (B.i32[n]! & 3)]!;
};

const vpermilpsByImmediate: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 2; n++) R.i32[n] = A.i32[(n & 4) + ((immediate >> (2 * (n & 3))) & 3)]!;
};

function permuteInLane(quad: number, control: number): void {
  const from = (quad & 2) * 2 + control * 2;
  R.i32[2 * quad] = A.i32[from]!;
  R.i32[2 * quad + 1] = A.i32[from + 1]!;
}

const vpermilpdByControl: Kernel = (bytes) => {
  for (let n = 0; n < bytes >> 3; n++) permuteInLane(n, (B.i32[2 * n]! >> 1) & 1);
};

const vpermilpdByImmediate: Kernel = (bytes, immediate) => {
  for (let n = 0; n < bytes >> 3; n++) permuteInLane(n, (immediate >> n) & 1);
};

function byControl(immediate: Kernel, control: Kernel): VectorCompiler {
  const [byImmediate, byVector] = [unary(immediate), binary(control)];
  return (form) => (form.instruction.operands.at(-1)!.kind === "immediate" ? byImmediate : byVector)(form);
}

const insertLane: Kernel = (_bytes, immediate) => {
  R.i32.set(A.i32);
  copyLane(B.i32, 0, immediate & 1);
};

/** A 128-bit half to a register or to memory. */
const extractLane: VectorCompiler = (form) => {
  const { need } = form;
  const source = vectorSource(form, 1);
  const isStore = form.instruction.operands[0]!.kind === "memory";
  const memory = vectorSource(form, 0);
  const target = isStore ? null : vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    readVector(c, i, source, A);
    copyLane(A.i32, i.immLow & 1, 0);
    if (target !== null) writeVector(c, target, R);
    else if (!storeVector(c, i, memory, R)) return STATUS_ABORTED;
    return STATUS_NEXT;
  };
};

const broadcast8: Kernel = () => void R.u8.fill(A.u8[0]!);
const broadcast16: Kernel = () => void R.u16.fill(A.u16[0]!);
const broadcast32: Kernel = () => void R.i32.fill(A.i32[0]!);

const broadcast64: Kernel = () => {
  for (let n = 0; n < 8; n++) R.i32[n] = A.i32[n & 1]!;
};

const broadcast128: Kernel = () => {
  for (let n = 0; n < 8; n++) R.i32[n] = A.i32[n & 3]!;
};

/** Permutations across lanes, and those that VEX brought. */
export const PERMUTES: Readonly<Record<string, VectorCompiler>> = {
  vperm2f128: binary(vperm2f128),
  vpermilps: byControl(vpermilpsByImmediate, vpermilpsByControl),
  vpermilpd: byControl(vpermilpdByImmediate, vpermilpdByControl),
  vinsertf128: binary(insertLane),
  vextractf128: extractLane,
  vbroadcastss: unary(broadcast32),
  vbroadcastsd: unary(broadcast64),
  vbroadcastf128: unary(broadcast128),
  vperm2i128: binary(vperm2f128),
  vpermd: binary(vpermd),
  vpermps: binary(vpermd),
  vpermq: unary(vpermq),
  vpermpd: unary(vpermq),
  vinserti128: binary(insertLane),
  vextracti128: extractLane,
  vbroadcasti128: unary(broadcast128),
  vpbroadcastb: unary(broadcast8),
  vpbroadcastw: unary(broadcast16),
  vpbroadcastd: unary(broadcast32),
  vpbroadcastq: unary(broadcast64),
};
