import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { readOperand, writeOperand } from "../system/operands.ts";
import { A, B, type Kernel, R } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";
import { binary } from "./vector-shapes.ts";

/** Bits of an element. */
type Width = 8 | 16 | 32 | 64;

/** Puts an element into R, where `index` is taken modulo the number of elements in the vector. */
function setElement(width: Width, bytes: number, index: number, low: number, high: number): void {
  const at = index & (bytes / (width / 8) - 1);
  if (width === 8) R.u8[at] = low;
  else if (width === 16) R.u16[at] = low;
  else if (width === 32) R.i32[at] = low;
  else {
    R.i32[2 * at] = low;
    R.i32[2 * at + 1] = high;
  }
}

/** PINSR: a vector with one element from a general register or memory. */
function insert(width: Width): VectorCompiler {
  return (form) => {
    const { need, bytes, isVex } = form;
    const rest = vectorSource(form, isVex ? 1 : 0);
    const element = isVex ? 2 : 1;
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      const low = readOperand(c, i, element);
      if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
      const high = c.hi;
      readVector(c, i, rest, R);
      setElement(width, bytes, i.immLow, low, high);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

function elementOfA(width: Width, at: number): number {
  if (width === 8) return A.u8[at]!;
  return width === 16 ? A.u16[at]! : A.i32[width === 32 ? at : 2 * at]!;
}

/** PEXTR and EXTRACTPS: an element, zero-extended, to a general register or memory. */
function extract(width: Width): VectorCompiler {
  return (form) => {
    const { need } = form;
    const source = vectorSource(form, 1);
    const last = source.bytes / (width / 8) - 1;
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, source, A);
      const at = i.immLow & last;
      const high = width === 64 ? A.i32[2 * at + 1]! : 0;
      if (!writeOperand(c, i, 0, elementOfA(width, at), high)) return STATUS_ABORTED;
      if (source.bytes === 8) enterMmx(c);
      return STATUS_NEXT;
    };
  };
}

function insertSingle(element: number, immediate: number): void {
  R.i32.set(A.i32);
  R.i32[(immediate >> 4) & 3] = B.i32[element]!;
  for (let n = 0; n < 4; n++) if (((immediate >> n) & 1) === 1) R.i32[n] = 0;
}

const fromRegister: Kernel = (_bytes, immediate) => insertSingle((immediate >> 6) & 3, immediate);
/** Memory holds just the one element. */
const fromMemory: Kernel = (_bytes, immediate) => insertSingle(0, immediate);

const insertps: VectorCompiler = (form) => {
  const isMemory = form.instruction.operands.some((operand) => operand.kind === "memory");
  return binary(isMemory ? fromMemory : fromRegister)(form);
};

/** Single elements in and out of vectors. */
export const ELEMENTS: Readonly<Record<string, VectorCompiler>> = {
  pinsrw: insert(16),
  pinsrb: insert(8),
  pinsrd: insert(32),
  pinsrq: insert(64),
  pextrw: extract(16),
  pextrb: extract(8),
  pextrd: extract(32),
  pextrq: extract(64),
  extractps: extract(32),
  insertps: insertps,
};
