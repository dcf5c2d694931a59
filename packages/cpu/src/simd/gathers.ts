import { type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { segmentAddress } from "../system/operands.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { A, B, LANES_BYTES, R } from "./lanes.ts";
import type { VectorCompiler, VectorForm } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import {
  readVector,
  registerSource,
  type VectorSource,
  type VectorTarget,
  vectorSource,
  vectorTarget,
  writeVector,
} from "./vector-operands.ts";

/** Linear address of base + displacement + index * scale; see `segmentAddress`. */
function gatherAddress(c: Processor, i: Op, indexLow: number, indexHigh: number, size: number): number {
  const s = c.s;
  const scale = i.scale;
  const low = (s[i.base]! >>> 0) + ((indexLow << scale) >>> 0) + (i.dispLow >>> 0);
  if (i.instruction.addressSize !== 64) return segmentAddress(c, i.segment, low | 0, 0, size, ACCESS_READ);
  const scaledHigh = scale === 0 ? indexHigh : (indexHigh << scale) | (indexLow >>> (32 - scale));
  const high = (s[i.base + 1]! + scaledHigh + i.dispHigh + Math.floor(low / 4294967296)) | 0;
  return segmentAddress(c, i.segment, low | 0, high, size, ACCESS_READ);
}

/** Loads element `n` of R by index `n` of B, unless the mask in A says no. False when a fault is pending. */
function gatherElement(c: Processor, i: Op, n: number, indexSize: number, size: number): boolean {
  if (A.i8[(n + 1) * size - 1]! >= 0) return true;
  const indexLow = B.i32[indexSize === 4 ? n : 2 * n]!;
  const indexHigh = indexSize === 4 ? indexLow >> 31 : B.i32[2 * n + 1]!;
  const at = gatherAddress(c, i, indexLow, indexHigh, size);
  if (c.fault !== FAULT_NONE) return false;
  const low = size === 4 ? c.load32(at, c.hi) : c.load64(at, c.hi);
  if (c.fault !== FAULT_NONE) return false;
  const word = (n * size) >> 2;
  R.i32[word] = low;
  if (size === 8) R.i32[word + 1] = c.hi;
  return true;
}

/** The vector register that the SIB byte names as index. */
function indexSource(form: VectorForm): VectorSource {
  const memory = form.instruction.operands[1]!;
  return registerSource(memory.kind === "memory" ? memory.index : 0, LANES_BYTES);
}

/** What a gather writes. */
interface Registers {
  readonly target: VectorTarget;
  readonly mask: VectorTarget;
}

/** Ends a gather early: mask elements before `done` are clear, everything else is as it was. */
function keepProgress(c: Processor, registers: Registers, words: number): void {
  const { target, mask } = registers;
  for (let n = 0; n < words; n++) {
    c.s[target.word + n] = R.i32[n]!;
    c.s[mask.word + n] = 0;
  }
}

function complete(c: Processor, registers: Registers, words: number): void {
  R.i32.fill(0, words);
  writeVector(c, registers.target, R);
  R.i32.fill(0);
  writeVector(c, registers.mask, R);
}

/** Elements from all over memory. A fault leaves those before it loaded and their mask elements clear, so that the instruction can go on. */
function gather(indexSize: 4 | 8, size: 4 | 8): VectorCompiler {
  return (form) => {
    const { need } = form;
    const count = form.bytes / Math.max(indexSize, size);
    const indexes = indexSource(form);
    const old = vectorSource(form, 0);
    const masks = vectorSource(form, 2);
    const registers = { target: vectorTarget(form, 0), mask: vectorTarget(form, 2) };
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, old, R);
      readVector(c, i, masks, A);
      readVector(c, i, indexes, B);
      let done = 0;
      while (done < count && gatherElement(c, i, done, indexSize, size)) done++;
      if (done === count) complete(c, registers, (count * size) >> 2);
      else keepProgress(c, registers, (done * size) >> 2);
      return done === count ? STATUS_NEXT : STATUS_ABORTED;
    };
  };
}

/** Gathers. */
export const GATHERS: Readonly<Record<string, VectorCompiler>> = {
  vpgatherdd: gather(4, 4),
  vpgatherdq: gather(4, 8),
  vpgatherqd: gather(8, 4),
  vpgatherqq: gather(8, 8),
  vgatherdps: gather(4, 4),
  vgatherdpd: gather(4, 8),
  vgatherqps: gather(8, 4),
  vgatherqpd: gather(8, 8),
};
