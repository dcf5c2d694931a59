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
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * Events that L1 could notice, in the very words that silicon uses for them: a trace under an L0 is comparable with one on metal because the
 * same functions write both.
 */

export function traceVmx(
  vcpu: VmxVcpu,
  instruction: string,
  pointer: { lo: number; hi: number } | null,
  outcome: VmxOutcome,
): void {
  if (vcpu.sink !== null)
    traceInstruction(vcpu.sink, instruction, outcome, pointer === null ? undefined : u64(pointer.lo, pointer.hi));
}

export function traceRead(vcpu: VmxVcpu, encodingLow: number, encodingHigh: number, outcome: VmxOutcome): void {
  if (vcpu.sink !== null) traceVmread(vcpu.sink, encodingLow, encodingHigh, outcome);
}

export function traceWrite(vcpu: VmxVcpu, operands: VmwriteOperands, outcome: VmxOutcome): void {
  if (vcpu.sink !== null) traceVmwrite(vcpu.sink, operands, outcome);
}

export function traceVmentry(vcpu: VmxVcpu, isLaunch: boolean, result: string): void {
  if (vcpu.sink !== null) emitVmentry(vcpu.sink, isLaunch, result);
}

export function traceVmexit(vcpu: VmxVcpu, v12: VmcsView): void {
  if (vcpu.sink !== null) emitVmexit(vcpu.sink, v12);
}

export function traceCheck(vcpu: VmxVcpu, check: EntryCheck): void {
  if (vcpu.sink !== null) emitCheck(vcpu.sink, check.id);
}
