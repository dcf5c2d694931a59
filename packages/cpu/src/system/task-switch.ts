import { DR6_BT, pendDebugTrap } from "../debug-registers.ts";
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
  rightsOf,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_LDT,
  TYPE_TSS16,
} from "./descriptors.ts";
import { failSelector, GP, NP, TS } from "./exceptions.ts";
import { returnAddress } from "./idt-entry.ts";
import { push } from "./operands.ts";
import { loadTaskSegments, loadVirtual8086Segment } from "./segment-loads.ts";
import { baseWord, loadSystem, setBase, storeSystem } from "./system-memory.ts";

/** What starts a task switch; numbers as in the exit qualification of VMX. */
export const TASK_SWITCH_CALL = 0;
export const TASK_SWITCH_IRET = 1;
export const TASK_SWITCH_JUMP = 2;
export const TASK_SWITCH_GATE = 3;

/** Where the parts of a TSS lie (SDM 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)"). */
interface TssLayout {
  /** Bytes of a register. */
  readonly size: 2 | 4;
  readonly limit: number;
  readonly ip: number;
  readonly flags: number;
  readonly registers: number;
  readonly segments: number;
  /** ES CS SS DS, and FS GS where there are any. */
  readonly segmentCount: number;
  readonly ldt: number;
}

const TSS16: TssLayout = {
  size: 2,
  limit: 0x2b,
  ip: 0x0e,
  flags: 0x10,
  registers: 0x12,
  segments: 0x22,
  segmentCount: 4,
  ldt: 0x2a,
};
const TSS32: TssLayout = {
  size: 4,
  limit: 0x67,
  ip: 0x20,
  flags: 0x24,
  registers: 0x28,
  segments: 0x48,
  segmentCount: 6,
  ldt: 0x60,
};
const LINK = 0;
const OFFSET_CR3 = 0x1c;
const OFFSET_TRAP = 0x64;
const IS_WIDE = 8;
const BUSY = 2;

function layoutOf(type: number): TssLayout {
  return (type & IS_WIDE) !== 0 ? TSS32 : TSS16;
}

/** An event through a task gate. False when a fault is pending. */
export function switchTaskForEvent(c: Processor, selector: number, event: EventBeingDelivered): boolean {
  const next = returnAddress(c, event);
  if (!switchTask(c, selector, TASK_SWITCH_GATE, next)) return false;
  if (event.errorCode < 0) return true;
  push(c, event.errorCode, 0, layoutOf(rightsOf(c, S.TR)).size * 8);
  return c.fault === FAULT_NONE;
}

/**
 * Switches to another task (SDM 3A "Task Switching"). `next` is the EIP that the old task resumes at. False when a fault is pending or a VM
 * exit was made.
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
  if (isNested(source)) {
    setBase(c, S.TR, tss.base, 0);
    if (!storeSystem(c, baseWord(S.TR), LINK, 2, old)) return false;
  }
  if (source !== TASK_SWITCH_IRET && !markBusy(c, selector, tss.high, true)) return false;
  setSegment(c, S.TR, selector, { ...tss, rights: tss.rights | BUSY });
  c.s[S.CR0]! |= CR0_TS;
  return loadTask(c, source);
}

/** CALL and events leave the old task busy, with a link to it. */
function isNested(source: number): boolean {
  return source === TASK_SWITCH_CALL || source === TASK_SWITCH_GATE;
}

function checkTss(c: Processor, selector: number, source: number): Descriptor | null {
  const bad = source === TASK_SWITCH_IRET || source === TASK_SWITCH_GATE ? TS : GP;
  if (isNull(selector) || (selector & 4) !== 0) {
    failSelector(c, bad, selector);
    return null;
  }
  const tss = fetchDescriptor(c, selector, bad);
  if (tss === null) return null;
  const busy = source === TASK_SWITCH_IRET ? BUSY : 0;
  if (!tss.isSystem || (tss.type & ~IS_WIDE) !== (TYPE_TSS16 | busy)) failSelector(c, bad, selector);
  else if (!tss.present) failSelector(c, NP, selector);
  else if (tss.limit >>> 0 < layoutOf(tss.type).limit) failSelector(c, TS, selector);
  return c.fault === FAULT_NONE ? tss : null;
}

/** Saves the running task in its TSS and, for JMP and IRET, makes it available again. */
function saveTask(c: Processor, source: number, next: number): boolean {
  const old = selectorOf(c, S.TR);
  if (!isNested(source)) {
    const descriptor = fetchDescriptor(c, old, TS);
    if (descriptor === null || !markBusy(c, old, descriptor.high, false)) return false;
  }
  const flags = source === TASK_SWITCH_IRET ? readRflags(c.s) & ~NT : readRflags(c.s);
  const { size, ip, flags: atFlags, registers, segments, segmentCount } = layoutOf(rightsOf(c, S.TR));
  const words: [number, number, number][] = [
    [ip, size, next],
    [atFlags, size, flags],
  ];
  for (let n = 0; n < 8; n++) words.push([registers + size * n, size, c.s[S.GPR + 2 * n]!]);
  for (let n = 0; n < segmentCount; n++) words.push([segments + size * n, 2, selectorOf(c, n)]);
  return words.every(([offset, bytes, value]) => storeSystem(c, baseWord(S.TR), offset, bytes, value));
}

/** What a TSS holds of its task; a 16-bit one has no CR3, no upper halves and neither FS nor GS. */
interface TaskState {
  readonly cr3: number | null;
  readonly ip: number;
  readonly flags: number;
  readonly registers: readonly number[];
  readonly segments: readonly number[];
  readonly ldt: number;
  readonly traps: boolean;
}

/** Reads the TSS that TR names. Null when a fault is pending. */
function readTask(c: Processor): TaskState | null {
  const layout = layoutOf(rightsOf(c, S.TR));
  const { size } = layout;
  const read = (offset: number, bytes: number): number =>
    c.fault === FAULT_NONE ? loadSystem(c, baseWord(S.TR), offset, bytes) : 0;
  const each = (first: number, count: number, bytes: number): number[] =>
    Array.from({ length: count }, (_, n) => read(first + size * n, bytes));
  const isWide = size === 4;
  const task: TaskState = {
    cr3: isWide ? read(OFFSET_CR3, 4) : null,
    ip: read(layout.ip, size),
    flags: read(layout.flags, size),
    registers: each(layout.registers, 8, size),
    segments: [...each(layout.segments, layout.segmentCount, 2), 0, 0].slice(0, 6),
    ldt: read(layout.ldt, 2) & 0xffff,
    traps: isWide && (read(OFFSET_TRAP, 2) & 1) !== 0,
  };
  return c.fault === FAULT_NONE ? task : null;
}

/** Loads the new task from the TSS that TR names now. Faults from here on belong to the new task. */
function loadTask(c: Processor, source: number): boolean {
  const task = readTask(c);
  if (task === null) return false;
  if (task.cr3 !== null && !writeCr3ForTask(c, task.cr3)) return false;
  c.s[S.RIP] = task.ip;
  c.s[S.RIP + 1] = 0;
  writeRflags(c.s, isNested(source) ? task.flags | NT : task.flags);
  task.registers.forEach((value, n) => {
    // A 16-bit task does not know the upper halves.
    c.s[S.GPR + 2 * n] = task.cr3 === null ? (value & 0xffff) | 0xffff0000 : value;
  });
  c.s[S.DR7]! &= ~0x155;
  const loaded = loadLdt(c, task.ldt) && loadSegments(c, task);
  c.translationChanged();
  if (loaded && task.traps) pendDebugTrap(c.s, DR6_BT);
  return loaded;
}

function loadSegments(c: Processor, task: TaskState): boolean {
  if ((task.flags & VM) === 0) return loadTaskSegments(c, task.segments);
  c.s[S.CPL] = 3;
  task.segments.forEach((selector, register) => {
    loadVirtual8086Segment(c, register, selector);
  });
  return true;
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
