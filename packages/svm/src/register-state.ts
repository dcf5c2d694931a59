import { readRflags, STATE, writeRflags } from "@hvdiff/cpu";
import * as C from "./control-bits.ts";
import * as F from "./fields.ts";
import { loadSegment, loadTable, SWITCHED_SEGMENTS, saveSegment, saveTable } from "./segments.ts";
import type { Vmcb } from "./vmcb.ts";

/*
 * What VMRUN and #VMEXIT switch of guest and host alike (APM 2 "Basic Operation").
 */

const RSP = STATE.GPR + 8;
const RAX = STATE.GPR;
const RFLAGS_EXISTING = 0x3f7fd5;
const RFLAGS_ONE = 2;

/** Loads a pair of state words from a field. */
export function loadPair(s: Int32Array, word: number, vmcb: Vmcb, field: number): void {
  s[word] = vmcb.lo(field);
  s[word + 1] = vmcb.hi(field);
}

export function savePair(s: Int32Array, word: number, vmcb: Vmcb, field: number): void {
  vmcb.set(field, s[word]!, s[word + 1]!);
}

/** EFER.LMA is not loaded: it follows from LME and CR0.PG. */
function effectiveEfer(efer: number, cr0: number): number {
  const isLong = (efer & C.EFER_LME) !== 0 && (cr0 & C.CR0_PG) !== 0;
  return isLong ? efer | C.EFER_LMA : efer & ~C.EFER_LMA;
}

export function loadRegisters(s: Int32Array, vmcb: Vmcb): void {
  for (let n = 0; n < SWITCHED_SEGMENTS.length; n++)
    loadSegment(s, SWITCHED_SEGMENTS[n]![0], vmcb, SWITCHED_SEGMENTS[n]![1]);
  loadTable(s, STATE.GDTR, vmcb, F.GDTR);
  loadTable(s, STATE.IDTR, vmcb, F.IDTR);
  s[STATE.CR0] = vmcb.lo(F.CR0) | C.CR0_ET;
  s[STATE.EFER] = effectiveEfer(vmcb.lo(F.EFER), s[STATE.CR0]!);
  loadPair(s, STATE.CR3, vmcb, F.CR3);
  s[STATE.CR4] = vmcb.lo(F.CR4);
  writeRflags(s, (vmcb.lo(F.RFLAGS) & RFLAGS_EXISTING) | RFLAGS_ONE);
  loadPair(s, STATE.RIP, vmcb, F.RIP);
  loadPair(s, RSP, vmcb, F.RSP);
  loadPair(s, RAX, vmcb, F.RAX);
}

export function saveRegisters(s: Int32Array, vmcb: Vmcb): void {
  for (let n = 0; n < SWITCHED_SEGMENTS.length; n++)
    saveSegment(s, SWITCHED_SEGMENTS[n]![0], vmcb, SWITCHED_SEGMENTS[n]![1]);
  saveTable(s, STATE.GDTR, vmcb, F.GDTR);
  saveTable(s, STATE.IDTR, vmcb, F.IDTR);
  vmcb.set(F.CR0, s[STATE.CR0]!, 0);
  vmcb.set(F.EFER, s[STATE.EFER]!, 0);
  savePair(s, STATE.CR3, vmcb, F.CR3);
  vmcb.set(F.CR4, s[STATE.CR4]!, 0);
  vmcb.set(F.RFLAGS, readRflags(s), 0);
  savePair(s, STATE.RIP, vmcb, F.RIP);
  savePair(s, RSP, vmcb, F.RSP);
  savePair(s, RAX, vmcb, F.RAX);
}
