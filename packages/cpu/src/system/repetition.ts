import { breakpointsEnabled } from "../debug-registers.ts";
import { RF, TF } from "../flags.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { setRegister } from "./operands.ts";

const RCX = S.GPR + 2;
/** After so many iterations the instruction lets the outer loop look for events, as processors do between any two. */
const SLICE = 4096;

/** Value of RSI, RDI or RCX in the address size: low half; the high half is in `c.hi`. */
export function indexRegister(c: Processor, i: Op, word: number): number {
  const width = i.instruction.addressSize;
  c.hi = width === 64 ? c.s[word + 1]! : 0;
  return width === 16 ? c.s[word]! & 0xffff : c.s[word]!;
}

/** Adds a signed step to RSI, RDI or RCX in the address size. */
export function advance(c: Processor, i: Op, word: number, step: number): void {
  const width = i.instruction.addressSize;
  const sum = (c.s[word]! >>> 0) + step;
  const high = (c.s[word + 1]! + Math.floor(sum / 4294967296)) | 0;
  setRegister(c, word, width, sum | 0, high);
}

/** Iterations left, at most 2^53; 1 without a repeat prefix. */
export function iterationsLeft(c: Processor, i: Op): number {
  if (i.instruction.repeat === "none") return 1;
  const low = indexRegister(c, i, RCX) >>> 0;
  return low + (c.hi & 0x1fffff) * 4294967296;
}

/** What a string instruction does, for `repeated`. */
export interface StringOperation {
  /** Performs one iteration and moves the index registers; false, with nothing changed, when a fault is pending. */
  readonly once: (c: Processor, i: Op) => boolean;
  /** Whether REPE or REPNE stops after the iteration. */
  readonly ends?: (c: Processor, i: Op) => boolean;
  /** Performs up to `count` iterations at once and returns how many; 0 where only `once` will do, or with nothing changed when a fault is pending. */
  readonly bulk?: (c: Processor, i: Op, count: number) => number;
}

/** Runs a string instruction with or without its repeat prefix. */
export function repeated(c: Processor, i: Op, operation: StringOperation): number {
  if (i.instruction.repeat === "none") return operation.once(c, i) ? STATUS_NEXT : STATUS_ABORTED;
  let budget = (c.s[S.FLAG_SYSTEM]! & TF) !== 0 || breakpointsEnabled(c.s) ? 1 : SLICE;
  for (let left = iterationsLeft(c, i); left !== 0; left = iterationsLeft(c, i)) {
    if (budget === 0) return again(c, i);
    const done = iterate(c, i, operation, Math.min(left, budget));
    if (done === 0) return STATUS_ABORTED;
    advance(c, i, RCX, -done);
    budget -= done;
    if (operation.ends?.(c, i)) break;
  }
  return STATUS_NEXT;
}

/** Performs up to `count` iterations and returns how many; 0 when a fault is pending. */
function iterate(c: Processor, i: Op, operation: StringOperation, count: number): number {
  const done = operation.bulk === undefined || count === 1 ? 0 : operation.bulk(c, i, count);
  if (done !== 0 || c.fault !== FAULT_NONE) return done;
  return operation.once(c, i) ? 1 : 0;
}

/** The same instruction once more; RF keeps its instruction breakpoint from being met again. */
function again(c: Processor, i: Op): number {
  c.s[S.FLAG_SYSTEM]! |= RF;
  c.s[S.RIP] = i.ripLow;
  c.s[S.RIP + 1] = i.ripHigh;
  return STATUS_RETIRED;
}
