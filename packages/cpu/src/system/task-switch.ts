import { hasShadowStack } from "../enforcement/cet-state.ts";
import { NT, readRflags, VM, writeRflags } from "../flags.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import type { EventBeingDelivered } from "../virtualization.ts";
import { CR0_TS, MODE_GUEST } from "./control-bits.ts";
import { writeCr3ForTask } from "./control-register-writes.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isNull,
  markBusy,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_LDT,
  TYPE_TSS,
  TYPE_TSS_BUSY,
} from "./descriptors.ts";
import { failSelector, GP, NP, TS } from "./exceptions.ts";
import { returnAddress } from "./idt-entry.ts";
import { push } from "./operands.ts";
import { loadTaskSegments } from "./segment-loads.ts";
import { baseWord, loadSystem, setBase, storeSystem } from "./system-memory.ts";

/** What starts a task switch; numbers as in the exit qualification of VMX. */
export const TASK_SWITCH_CALL = 0;
export const TASK_SWITCH_IRET = 1;
export const TASK_SWITCH_JUMP = 2;
export const TASK_SWITCH_GATE = 3;

const TSS32_LIMIT = 0x67;
const LINK = 0;
const OFFSET_CR3 = 0x1c;
const OFFSET_EIP = 0x20;
const OFFSET_EFLAGS = 0x24;
const OFFSET_REGISTERS = 0x28;
const OFFSET_SEGMENTS = 0x48;
const OFFSET_LDT = 0x60;
const OFFSET_TRAP = 0x64;

/** An event through a task gate. False when a fault is pending. */
export function switchTaskForEvent(c: Processor, selector: number, event: EventBeingDelivered): boolean {
  const next = returnAddress(c, event);
  if (!switchTask(c, selector, TASK_SWITCH_GATE, next)) return false;
  if (event.errorCode < 0) return true;
  push(c, event.errorCode, 0, 32);
  return c.fault === FAULT_NONE;
}

/**
 * Switches to another task with a 32-bit TSS (SDM 3A "Task Switching"). `next` is the EIP that the old task resumes at. False when a
 * fault is pending or a VM exit was made.
 */
export function switchTask(c: Processor, selector: number, source: number, next: number): boolean {
  if (c.s[S.VIRTUALIZATION_MODE] === MODE_GUEST && c.extension?.taskSwitch(selector, source)) {
    if (c.fault === FAULT_NONE) c.noteExit();
    return false;
  }
  if (hasShadowStack(c, c.s[S.CPL]!)) {
    c.stopUnimplemented("task switch of code with a shadow stack", new Uint8Array());
    return false;
  }
  const tss = checkTss(c, selector, source);
  if (tss === null) return false;
  const old = selectorOf(c, S.TR);
  if (!saveTask(c, source, next)) return false;
  if (source === TASK_SWITCH_CALL || source === TASK_SWITCH_GATE) {
    setBase(c, S.TR, tss.base, 0);
    if (!storeSystem(c, baseWord(S.TR), LINK, 2, old)) return false;
  }
  if (source !== TASK_SWITCH_IRET && !markBusy(c, selector, tss.high, true)) return false;
  setSegment(c, S.TR, selector, { ...tss, rights: tss.rights | 2 });
  c.s[S.CR0]! |= CR0_TS;
  return loadTask(c, source);
}

function checkTss(c: Processor, selector: number, source: number): Descriptor | null {
  const bad = source === TASK_SWITCH_IRET || source === TASK_SWITCH_GATE ? TS : GP;
  if (isNull(selector) || (selector & 4) !== 0) {
    failSelector(c, bad, selector);
    return null;
  }
  const tss = fetchDescriptor(c, selector, bad);
  if (tss === null) return null;
  const wanted = source === TASK_SWITCH_IRET ? TYPE_TSS_BUSY : TYPE_TSS;
  if (tss.isSystem && (tss.type & ~2) === 1) {
    c.stopUnimplemented("task switch through a 16-bit TSS", new Uint8Array());
    return null;
  }
  if (!tss.isSystem || tss.type !== wanted) failSelector(c, bad, selector);
  else if (!tss.present) failSelector(c, NP, selector);
  else if (tss.limit >>> 0 < TSS32_LIMIT) failSelector(c, TS, selector);
  return c.fault === FAULT_NONE ? tss : null;
}

/** Saves the running task in its TSS and, for JMP and IRET, makes it available again. */
function saveTask(c: Processor, source: number, next: number): boolean {
  const leaves = source === TASK_SWITCH_JUMP || source === TASK_SWITCH_IRET;
  const old = selectorOf(c, S.TR);
  if (leaves) {
    const descriptor = fetchDescriptor(c, old, TS);
    if (descriptor === null || !markBusy(c, old, descriptor.high, false)) return false;
  }
  const flags = source === TASK_SWITCH_IRET ? readRflags(c.s) & ~NT : readRflags(c.s);
  const tr = baseWord(S.TR);
  let stored = storeSystem(c, tr, OFFSET_EIP, 4, next) && storeSystem(c, tr, OFFSET_EFLAGS, 4, flags);
  for (let n = 0; n < 8 && stored; n++) stored = storeSystem(c, tr, OFFSET_REGISTERS + 4 * n, 4, c.s[S.GPR + 2 * n]!);
  for (let n = 0; n < 6 && stored; n++) stored = storeSystem(c, tr, OFFSET_SEGMENTS + 4 * n, 2, selectorOf(c, n));
  return stored;
}

/** Loads the new task from the TSS that TR names now. Faults from here on belong to the new task. */
function loadTask(c: Processor, source: number): boolean {
  const words: number[] = [];
  for (let offset = OFFSET_CR3; offset <= OFFSET_TRAP; offset += 4) {
    words.push(loadSystem(c, baseWord(S.TR), offset, 4));
    if (c.fault !== FAULT_NONE) return false;
  }
  const word = (offset: number) => words[(offset - OFFSET_CR3) / 4]!;
  if (!writeCr3ForTask(c, word(OFFSET_CR3))) return false;
  c.s[S.RIP] = word(OFFSET_EIP);
  c.s[S.RIP + 1] = 0;
  const linked = source === TASK_SWITCH_CALL || source === TASK_SWITCH_GATE;
  writeRflags(c.s, linked ? word(OFFSET_EFLAGS) | NT : word(OFFSET_EFLAGS));
  for (let n = 0; n < 8; n++) c.s[S.GPR + 2 * n] = word(OFFSET_REGISTERS + 4 * n);
  c.s[S.DR7]! &= ~0x155;
  if (!loadLdt(c, word(OFFSET_LDT) & 0xffff)) return false;
  if ((word(OFFSET_EFLAGS) & VM) !== 0) {
    c.stopUnimplemented("task switch into virtual-8086 mode", new Uint8Array());
    return false;
  }
  const selectors = [0, 1, 2, 3, 4, 5].map((n) => word(OFFSET_SEGMENTS + 4 * n) & 0xffff);
  const loaded = loadTaskSegments(c, selectors);
  c.translationChanged();
  return loaded;
}

function loadLdt(c: Processor, selector: number): boolean {
  if (isNull(selector)) {
    setNullSegment(c, S.LDTR, selector);
    return true;
  }
  const ldt = (selector & 4) === 0 ? fetchDescriptor(c, selector, TS) : null;
  if (c.fault !== FAULT_NONE) return false;
  if (ldt === null || !ldt.isSystem || ldt.type !== TYPE_LDT || !ldt.present) return failSelector(c, TS, selector);
  setSegment(c, S.LDTR, selector, ldt);
  return true;
}
