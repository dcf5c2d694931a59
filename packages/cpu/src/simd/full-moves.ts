import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { A, R } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler, VectorForm } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, storeVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";

function isMemory(form: VectorForm, k: number): boolean {
  return form.instruction.operands[k]?.kind === "memory";
}

const load: VectorCompiler = (form) => {
  const { need } = form;
  const source = vectorSource(form, 1);
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need) || !readVector(c, i, source, R)) return STATUS_ABORTED;
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
};

/** Stores part of a register, from a word of it on. The memory operand says how much. */
export function storeFrom(first: number): VectorCompiler {
  return (form) => {
    const { need } = form;
    const source = vectorSource(form, 1);
    const memory = vectorSource(form, 0);
    const ofMmx = source.bytes === 8;
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      readVector(c, i, source, A);
      if (!storeVector(c, i, memory, A, first)) return STATUS_ABORTED;
      if (ofMmx) enterMmx(c);
      return STATUS_NEXT;
    };
  };
}

const store = storeFrom(0);

/** A compiler for the form that stores, and another for the rest. */
export function byDirection(storing: VectorCompiler, others: VectorCompiler): VectorCompiler {
  return (form) => (isMemory(form, 0) ? storing : others)(form);
}

/** Whole vectors between registers and memory. */
export const moveWhole = byDirection(store, load);

/** Moves of whole vectors. Non-temporal hints mean nothing here. */
export const FULL_MOVES: Readonly<Record<string, VectorCompiler>> = {
  movups: moveWhole,
  movaps: moveWhole,
  movntps: moveWhole,
  movupd: moveWhole,
  movapd: moveWhole,
  movntpd: moveWhole,
  movdqu: moveWhole,
  movdqa: moveWhole,
  movntdq: moveWhole,
  lddqu: moveWhole,
  movntdqa: moveWhole,
  movntq: moveWhole,
};
