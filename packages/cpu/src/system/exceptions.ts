import { type Op, STATUS_ABORTED } from "../op.ts";
import type { Processor } from "../processor.ts";
import { CPL, CR0, EFER, FLAG_SYSTEM, INTERCEPTS } from "../state-layout.ts";
import { EVENT_TYPE_SOFTWARE_EXCEPTION, EVENT_TYPE_SOFTWARE_INTERRUPT } from "../virtualization.ts";
import { CR0_PE, EFER_LMA } from "./control-bits.ts";

export const DE = 0;
export const DB = 1;
export const BP = 3;
export const OF = 4;
export const BR = 5;
export const UD = 6;
export const NM = 7;
export const DF = 8;
export const TS = 10;
export const NP = 11;
export const SS = 12;
export const GP = 13;
export const PF = 14;
export const MF = 16;
export const XM = 19;
export const SX = 30;

const FLAG_VM = 1 << 17;

/** Raises an exception from an executor: `return raise(c, GP, 0)`. */
export function raise(c: Processor, vector: number, errorCode = -1): number {
  c.raise(vector, errorCode);
  return STATUS_ABORTED;
}

/** The EXT bit of error codes: set while an event is delivered that is not a software interrupt (SDM 3A "Error Code"). */
export function externalBit(c: Processor): number {
  const event = c.delivering;
  if (event === null) return 0;
  return event.type === EVENT_TYPE_SOFTWARE_INTERRUPT || event.type === EVENT_TYPE_SOFTWARE_EXCEPTION ? 0 : 1;
}

/** Raises an exception whose error code is a selector. Always false, for `return failSelector(…)`. */
export function failSelector(c: Processor, vector: number, selector: number): false {
  c.raise(vector, (selector & 0xfffc) | externalBit(c));
  return false;
}

/** Real-address mode: no protection at all. */
export function inRealMode(c: Processor): boolean {
  return (c.s[CR0]! & CR0_PE) === 0;
}

/** Virtual-8086 mode. */
export function inVirtual8086(c: Processor): boolean {
  return (c.s[FLAG_SYSTEM]! & FLAG_VM) !== 0;
}

/** Real-address or virtual-8086 mode: segments are paragraphs. */
export function inParagraphMode(c: Processor): boolean {
  return inRealMode(c) || inVirtual8086(c);
}

/** IA-32e mode is active: 64-bit or compatibility mode. */
export function inLongMode(c: Processor): boolean {
  return (c.s[EFER]! & EFER_LMA) !== 0;
}

/** Raises #GP(0) unless the current privilege level is 0. True when it was raised. */
export function notPrivileged(c: Processor): boolean {
  if (c.s[CPL] === 0) return false;
  c.raise(GP, 0);
  return true;
}

/**
 * `detail` of an intercept that asks only whether the guest may use the instruction at all (RDTSCP, INVPCID, XSAVES, XRSTORS …): the
 * extension raises #UD and returns `STATUS_ABORTED`, or returns `STATUS_NEXT`. The real question follows after the other faults.
 */
export const ENABLE_CHECK = -1;

/** Asks the virtualization extension about an instruction. Anything but `STATUS_NEXT` is the executor's result. */
export function intercepted(c: Processor, i: Op, id: number, detail = 0): number {
  return c.s[INTERCEPTS + id] === 0 || c.extension === null ? 0 : c.extension.intercept(id, i, detail);
}
