import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { A, R } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler, VectorForm } from "./vector-instruction.ts";
import { loadLanes, storeLanes, vectorAddress } from "./vector-memory.ts";
import { isReady } from "./vector-need.ts";
import { clearAbove, readVector, storeVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";

function isMemory(form: VectorForm, k: number): boolean {
  return form.instruction.operands[k]?.kind === "memory";
}

const throughLanes: VectorCompiler = (form) => {
  const { need } = form;
  const source = vectorSource(form, 1);
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need) || !readVector(c, i, source, R)) return STATUS_ABORTED;
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
};

const copy: VectorCompiler = (form) => {
  const { need } = form;
  const from = vectorSource(form, 1).word;
  const { word, words, end } = vectorTarget(form, 0);
  return (c) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    const s = c.s;
    for (let n = 0; n < words; n++) s[word + n] = s[from + n]!;
    if (end !== words) clearAbove(c, word, words);
    return STATUS_NEXT;
  };
};

const load: VectorCompiler = (form) => {
  const { need } = form;
  const { bytes, alignment } = vectorSource(form, 1);
  const { word, words, end } = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    const low = vectorAddress(c, i, bytes, alignment, ACCESS_READ);
    if (c.fault !== FAULT_NONE || !loadLanes(c, low, c.hi, words, c.s, word)) return STATUS_ABORTED;
    if (end !== words) clearAbove(c, word, words);
    return STATUS_NEXT;
  };
};

/** Into a register. */
const intoRegister: VectorCompiler = (form) => {
  if (vectorTarget(form, 0).word < 0) return throughLanes(form);
  return (isMemory(form, 1) ? load : copy)(form);
};

/** Out of an XMM or YMM register, without a copy of it. */
const store: VectorCompiler = (form) => {
  const { need } = form;
  const { word } = vectorSource(form, 1);
  const { bytes, alignment } = vectorSource(form, 0);
  if (word < 0) return storeFrom(0)(form);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    const low = vectorAddress(c, i, bytes, alignment, ACCESS_WRITE);
    return c.fault === FAULT_NONE && storeLanes(c, low, c.hi, bytes >> 2, c.s, word) ? STATUS_NEXT : STATUS_ABORTED;
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

/** A compiler for the form that stores, and another for the rest. */
export function byDirection(storing: VectorCompiler, others: VectorCompiler): VectorCompiler {
  return (form) => (isMemory(form, 0) ? storing : others)(form);
}

/** Whole vectors between registers and memory. */
export const moveWhole = byDirection(store, intoRegister);

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
