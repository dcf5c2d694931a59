import { type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { GPR } from "../state-layout.ts";
import { displaced } from "../system/linear-bytes.ts";
import { effectiveAddress, load, segmentAddress, store } from "../system/operands.ts";
import { ACCESS_READ, ACCESS_WRITE, type Access } from "../virtualization.ts";
import { byDirection } from "./full-moves.ts";
import { A, B, R } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";

const RDI = GPR + 14;

/** An offset in a segment: where elements lie one behind the other. */
interface Start {
  readonly low: number;
  readonly high: number;
}

/** Linear address of an element; see `segmentAddress`. */
function elementAddress(c: Processor, i: Op, start: Start, index: number, size: number, access: Access): number {
  const sum = (start.low >>> 0) + index * size;
  const high = (start.high + (sum > 0xffffffff ? 1 : 0)) | 0;
  return segmentAddress(c, i.segment, sum | 0, high, size, access);
}

/** Whether the sign bit of element `index` of the mask in A is set. */
function isChosen(index: number, size: number): boolean {
  return A.i8[(index + 1) * size - 1]! < 0;
}

function loadElement(c: Processor, i: Op, start: Start, index: number, size: number): void {
  const at = elementAddress(c, i, start, index, size, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return;
  R.i32[(index * size) >> 2] = load(c, at, c.hi, size);
  if (size === 8) R.i32[index * 2 + 1] = c.hi;
}

function memoryStart(c: Processor, i: Op): Start {
  const low = effectiveAddress(c, i);
  return { low, high: c.hi };
}

/** Loads the elements that the first source chooses; the others become zero, and nothing is read for them. */
function maskedLoad(size: 4 | 8): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const mask = vectorSource(form, 1);
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, mask, A);
      R.i32.fill(0);
      const start = memoryStart(c, i);
      for (let n = 0; n < bytes / size; n++) {
        if (isChosen(n, size)) loadElement(c, i, start, n, size);
        if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
      }
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

function probeElement(c: Processor, i: Op, start: Start, index: number, size: number): boolean {
  const at = elementAddress(c, i, start, index, size, ACCESS_WRITE);
  return c.fault === FAULT_NONE && c.probeWrite(at, c.hi, size);
}

function storeElement(c: Processor, i: Op, start: Start, index: number, size: number): void {
  const at = elementAddress(c, i, start, index, size, ACCESS_WRITE);
  const word = (index * size) >> 2;
  if (size === 1) c.store8(at, c.hi, B.u8[index]!);
  else store(c, at, c.hi, size, B.i32[word]!, B.i32[word + 1] ?? 0);
}

/** Stores the elements of B that the mask in A chooses, all or none. False when a fault is pending. */
function storeChosen(c: Processor, i: Op, start: Start, bytes: number, size: number): boolean {
  const count = bytes / size;
  for (let n = 0; n < count; n++) if (isChosen(n, size) && !probeElement(c, i, start, n, size)) return false;
  for (let n = 0; n < count; n++) if (isChosen(n, size)) storeElement(c, i, start, n, size);
  return c.fault === FAULT_NONE;
}

function maskedStore(size: 4 | 8): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const mask = vectorSource(form, 1);
    const values = vectorSource(form, 2);
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, mask, A);
      readVector(c, i, values, B);
      return storeChosen(c, i, memoryStart(c, i), bytes, size) ? STATUS_NEXT : STATUS_ABORTED;
    };
  };
}

function destinationIndex(c: Processor, i: Op): Start {
  const low = c.s[RDI]!;
  const width = i.instruction.addressSize;
  return { low: width === 16 ? low & 0xffff : low, high: width === 64 ? c.s[RDI + 1]! : 0 };
}

/** Whether the mask in A chooses a byte from `first` up to `end`. */
function choosesAny(first: number, end: number): boolean {
  for (let n = first; n < end; n++) if (isChosen(n, 1)) return true;
  return false;
}

/** Proves the pages that hold chosen bytes; a fault names the first byte in its page, chosen or not. */
function probeBytes(c: Processor, i: Op, start: Start, bytes: number): boolean {
  const first = elementAddress(c, i, start, 0, bytes, ACCESS_WRITE);
  if (c.fault !== FAULT_NONE) return false;
  const inFirst = Math.min(bytes, 4096 - (first & 0xfff));
  const high = c.hi;
  if (choosesAny(0, inFirst) && !c.probeWrite(first, high, 1)) return false;
  if (!choosesAny(inFirst, bytes)) return true;
  const second = displaced(c, first, high, inFirst);
  return c.probeWrite(second, c.hi, 1);
}

/** MASKMOVQ and MASKMOVDQU: bytes to where rDI points. */
const storeBytes: VectorCompiler = (form) => {
  const { need, bytes } = form;
  const values = vectorSource(form, 0);
  const mask = vectorSource(form, 1);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    readVector(c, i, mask, A);
    readVector(c, i, values, B);
    const start = destinationIndex(c, i);
    if (!probeBytes(c, i, start, bytes)) return STATUS_ABORTED;
    for (let n = 0; n < bytes; n++) if (isChosen(n, 1)) storeElement(c, i, start, n, 1);
    if (bytes === 8) enterMmx(c);
    return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
  };
};

/** Moves of chosen elements. */
export const MASKED_MOVES: Readonly<Record<string, VectorCompiler>> = {
  maskmovq: storeBytes,
  maskmovdqu: storeBytes,
  vmaskmovps: byDirection(maskedStore(4), maskedLoad(4)),
  vmaskmovpd: byDirection(maskedStore(8), maskedLoad(8)),
  vpmaskmovd: byDirection(maskedStore(4), maskedLoad(4)),
  vpmaskmovq: byDirection(maskedStore(8), maskedLoad(8)),
};
