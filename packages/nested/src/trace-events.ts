import { u64 } from "@hvdiff/spec";
import {
  type EntryCheck,
  traceCheck as emitCheck,
  traceVmentry as emitVmentry,
  traceVmexit as emitVmexit,
  traceInstruction,
  traceVmread,
  traceVmwrite,
  type VmcsView,
  type VmwriteOperands,
  type VmxOutcome,
} from "@hvdiff/vmx";
import type { L0 } from "./l0.ts";

/*
 * Events that L1 could notice, in the very words that silicon uses for them: a trace under an L0 is comparable with one on metal because the
 * same functions write both.
 */

export function traceVmx(
  l0: L0,
  instruction: string,
  pointer: { lo: number; hi: number } | null,
  outcome: VmxOutcome,
): void {
  if (l0.sink !== null)
    traceInstruction(l0.sink, instruction, outcome, pointer === null ? undefined : u64(pointer.lo, pointer.hi));
}

export function traceRead(l0: L0, encodingLow: number, encodingHigh: number, outcome: VmxOutcome): void {
  if (l0.sink !== null) traceVmread(l0.sink, encodingLow, encodingHigh, outcome);
}

export function traceWrite(l0: L0, operands: VmwriteOperands, outcome: VmxOutcome): void {
  if (l0.sink !== null) traceVmwrite(l0.sink, operands, outcome);
}

export function traceVmentry(l0: L0, isLaunch: boolean, result: string): void {
  if (l0.sink !== null) emitVmentry(l0.sink, isLaunch, result);
}

export function traceVmexit(l0: L0, v12: VmcsView): void {
  if (l0.sink !== null) emitVmexit(l0.sink, v12);
}

export function traceCheck(l0: L0, check: EntryCheck): void {
  if (l0.sink !== null) emitCheck(l0.sink, check.id);
}
