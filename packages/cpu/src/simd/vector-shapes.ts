import type { Operand } from "../decode/instruction.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { A, B, C, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler, VectorForm } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { clearAbove, readVector, registerSource, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";

/** Operands that are not immediates: legacy encodings have one less than VEX, since their destination is the first source too. */
function vectorCount(operands: readonly Operand[]): number {
  return operands.filter((operand) => operand.kind !== "immediate").length;
}

/** Destination = kernel(source in A). */
export function unary(kernel: Kernel): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const source = vectorSource(form, vectorCount(form.instruction.operands) - 1);
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, source, A)) return STATUS_ABORTED;
      kernel(bytes, i.immLow);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/** Destination = kernel(first source in A, second source in B). */
export function binary(kernel: Kernel): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const count = vectorCount(form.instruction.operands);
    const first = vectorSource(form, count - 2);
    const second = vectorSource(form, count - 1);
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      kernel(bytes, i.immLow);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/**
 * Computes words from `to` on, of those from `first` on and of those in `others` from `second` on, each from the words of its own place
 * only: the first may be the result, and all three may lie in the processor's state.
 */
export type WordKernel = (
  s: Int32Array,
  to: number,
  first: number,
  others: Int32Array,
  second: number,
  words: number,
) => void;

function wordwiseInLanes(form: VectorForm, kernel: WordKernel): Executor {
  const { need, bytes } = form;
  const [first, second, target] = [vectorSource(form, 0), vectorSource(form, 1), vectorTarget(form, 0)];
  return (c, i) => {
    if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
    readVector(c, i, first, R);
    kernel(R.i32, 0, 0, B.i32, 0, bytes >> 2);
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
}

/** As `binary`, without copies of XMM and YMM registers: for what compilers use most. */
export function wordwise(kernel: WordKernel): VectorCompiler {
  return (form) => {
    const { need } = form;
    const count = vectorCount(form.instruction.operands);
    const first = vectorSource(form, count - 2).word;
    const second = vectorSource(form, count - 1);
    const { word, words, end } = vectorTarget(form, 0);
    if (word < 0) return wordwiseInLanes(form, kernel);
    const inMemory = second.word < 0;
    return (c, i) => {
      if (!isReady(c, need) || (inMemory && !readVector(c, i, second, B))) return STATUS_ABORTED;
      if (inMemory) kernel(c.s, word, first, B.i32, 0, words);
      else kernel(c.s, word, first, c.s, second.word, words);
      if (end !== words) clearAbove(c, word, words);
      return STATUS_NEXT;
    };
  };
}

/** As `binary`, with a third source in C: the fourth operand under VEX, implicitly XMM0 in legacy encodings. */
export function ternary(kernel: Kernel): VectorCompiler {
  return (form) => {
    const { need, bytes, isVex } = form;
    const [first, second] = [vectorSource(form, isVex ? 1 : 0), vectorSource(form, isVex ? 2 : 1)];
    const third = isVex ? vectorSource(form, 3) : registerSource(0, 16);
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      readVector(c, i, third, C);
      kernel(bytes, i.immLow);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/** As `binary`, with the old destination in C. */
export function accumulating(kernel: Kernel): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const sources = [vectorSource(form, 0), vectorSource(form, 1), vectorSource(form, 2)] as const;
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, sources[2], B)) return STATUS_ABORTED;
      readVector(c, i, sources[1], A);
      readVector(c, i, sources[0], C);
      kernel(bytes, i.immLow);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}
