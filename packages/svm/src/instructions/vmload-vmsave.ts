import { msrWord, type Op, STATE, STATUS_ABORTED, STATUS_NEXT } from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import { loadPair, savePair } from "../register-state.ts";
import { canonicalHigh, loadWideSegment, saveSegment } from "../segments.ts";
import { traceInstruction } from "../trace.ts";
import { Vmcb } from "../vmcb.ts";
import { NO_VMCB, translatedOperand } from "./vmcb-operand.ts";

const SEGMENTS: readonly (readonly [register: number, field: number])[] = [
  [STATE.FS, F.FS],
  [STATE.GS, F.GS],
  [STATE.TR, F.TR],
  [STATE.LDTR, F.LDTR],
];

const KERNEL_GS_BASE = msrWord(MSRS.IA32_KERNEL_GS_BASE.address)!;
const REGISTERS: readonly (readonly [word: number, field: number])[] = [
  [KERNEL_GS_BASE, F.KERNEL_GS_BASE],
  [msrWord(MSRS.IA32_STAR.address)!, F.STAR],
  [msrWord(MSRS.IA32_LSTAR.address)!, F.LSTAR],
  [msrWord(MSRS.IA32_CSTAR.address)!, F.CSTAR],
  [msrWord(MSRS.IA32_FMASK.address)!, F.SFMASK],
  [msrWord(MSRS.IA32_SYSENTER_CS.address)!, F.SYSENTER_CS],
  [msrWord(MSRS.IA32_SYSENTER_ESP.address)!, F.SYSENTER_ESP],
  [msrWord(MSRS.IA32_SYSENTER_EIP.address)!, F.SYSENTER_EIP],
];

/** Loads what VMLOAD loads. */
export function loadAdditionalState(s: Int32Array, vmcb: Vmcb): void {
  for (const [register, field] of SEGMENTS) loadWideSegment(s, register, vmcb, field);
  for (const [word, field] of REGISTERS) loadPair(s, word, vmcb, field);
  s[KERNEL_GS_BASE + 1] = canonicalHigh(s[KERNEL_GS_BASE + 1]!);
}

/** Saves what VMSAVE saves. */
export function saveAdditionalState(s: Int32Array, vmcb: Vmcb): void {
  for (const [register, field] of SEGMENTS) saveSegment(s, register, vmcb, field);
  for (const [word, field] of REGISTERS) savePair(s, word, vmcb, field);
}

/** VMLOAD behind its permission checks. */
export function executeVmload(core: SvmCore, op: Op): number {
  const { c, s } = core;
  const address = translatedOperand(core, op, false);
  if (address === NO_VMCB) return STATUS_ABORTED;
  loadAdditionalState(s, new Vmcb(c.memory, address));
  c.translationChanged();
  if (c.trace !== null) traceInstruction(c.trace, "vmload");
  return STATUS_NEXT;
}

/** VMSAVE behind its permission checks. */
export function executeVmsave(core: SvmCore, op: Op): number {
  const { c, s } = core;
  const address = translatedOperand(core, op, true);
  if (address === NO_VMCB) return STATUS_ABORTED;
  saveAdditionalState(s, new Vmcb(c.memory, address));
  if (c.trace !== null) traceInstruction(c.trace, "vmsave");
  return STATUS_NEXT;
}
