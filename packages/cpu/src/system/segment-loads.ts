import type { RegisterOperand } from "../decode/instruction.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ } from "../virtualization.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
  markAccessed,
  RIGHTS_BIG,
  rightsOf,
  selectorOf,
  setNullSegment,
  setParagraph,
  setSegment,
} from "./descriptors.ts";
import { failSelector, GP, inParagraphMode, inVirtual8086, NP, SS, TS } from "./exceptions.ts";
import {
  load,
  memoryAddress,
  peek,
  push,
  readOperand,
  setRegister,
  setStackPointer,
  stackPointer,
  writeOperand,
} from "./operands.ts";

const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const VM86_RIGHTS = 0xf3;

/**
 * Loads ES, SS, DS, FS or GS with all checks of the mode (SDM 2B "MOV-Move"). False when a fault is pending; then nothing has changed.
 */
export function loadSegment(c: Processor, register: number, selector: number): boolean {
  if (inParagraphMode(c)) {
    loadParagraph(c, register, selector);
    return true;
  }
  if (isNull(selector)) return loadNull(c, register, selector);
  const d = fetchDescriptor(c, selector, GP);
  if (d === null) return false;
  const cpl = c.s[S.CPL]!;
  if (register === S.SS ? !fitsStack(d, selector, cpl) : !fitsData(d, selector, cpl))
    return failSelector(c, GP, selector);
  if (!d.present) return failSelector(c, register === S.SS ? SS : NP, selector);
  if (!markAccessed(c, d)) return false;
  commitSegment(c, register, selector, d);
  return true;
}

function loadParagraph(c: Processor, register: number, selector: number): void {
  if (inVirtual8086(c)) loadVirtual8086Segment(c, register, selector);
  else setParagraph(c, register, selector);
}

/** Loads a segment register as virtual-8086 mode does: 64 KiB of user data from the paragraph. */
export function loadVirtual8086Segment(c: Processor, register: number, selector: number): void {
  setParagraph(c, register, selector);
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_LIMIT] = 0xffff;
  c.s[word + S.SEGMENT_ACCESS] = VM86_RIGHTS;
}

function loadNull(c: Processor, register: number, selector: number): boolean {
  const cpl = c.s[S.CPL]!;
  if (register === S.SS && (!c.in64BitMode || cpl === 3 || (selector & 3) !== cpl)) {
    c.raise(GP, 0);
    return false;
  }
  setNullSegment(c, register, selector, register === S.SS ? cpl : 0);
  return true;
}

function fitsStack(d: Descriptor, selector: number, cpl: number): boolean {
  return (selector & 3) === cpl && isWritableData(d) && d.dpl === cpl;
}

function fitsData(d: Descriptor, selector: number, cpl: number): boolean {
  if (!isReadable(d)) return false;
  return (isCode(d) && isConforming(d)) || (d.dpl >= cpl && d.dpl >= (selector & 3));
}

function commitSegment(c: Processor, register: number, selector: number, d: Descriptor): void {
  const changesStackWidth = register === S.SS && ((rightsOf(c, S.SS) ^ d.rights) & RIGHTS_BIG) !== 0;
  setSegment(c, register, selector, d);
  if (changesStackWidth) c.translationChanged();
}

/** Loads the six segment registers of a new task; faults are #TS. CS decides the privilege level. */
export function loadTaskSegments(c: Processor, selectors: readonly number[]): boolean {
  const codeSelector = selectors[S.CS]!;
  const code = isNull(codeSelector) ? null : fetchDescriptor(c, codeSelector, TS);
  if (c.fault !== FAULT_NONE) return false;
  const cpl = codeSelector & 3;
  if (code === null || !isCode(code) || (isConforming(code) ? code.dpl > cpl : code.dpl !== cpl))
    return failSelector(c, TS, codeSelector);
  if (!code.present) return failSelector(c, NP, codeSelector);
  setSegment(c, S.CS, codeSelector, code);
  c.s[S.CPL] = cpl;
  for (const register of [S.SS, S.DS, S.ES, S.FS, S.GS]) {
    if (!loadSegment(c, register, selectors[register]!)) {
      if (c.exception.vector === GP) c.raise(TS, selectors[register]! & 0xfffc);
      return false;
    }
  }
  return true;
}

/** MOV SS and POP SS hold off interrupts for one instruction, unless the one before did so already. */
function shadowAfterStackLoad(c: Processor): void {
  const blocked = (c.s[S.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) !== 0;
  c.s[S.INTERRUPTIBILITY]! &= ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS);
  if (!blocked) c.s[S.INTERRUPTIBILITY]! |= BLOCKED_BY_MOV_SS;
}

/** MOV Sreg, r/m16. */
export function moveToSegment(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[0] as RegisterOperand;
  const selector = readOperand(c, i, 1) & 0xffff;
  if (c.fault !== FAULT_NONE || !loadSegment(c, index, selector)) return STATUS_ABORTED;
  if (index === S.SS) shadowAfterStackLoad(c);
  return STATUS_NEXT;
}

/** MOV r/m, Sreg: a register is filled to its size with zeros. */
export function moveFromSegment(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[1] as RegisterOperand;
  return writeOperand(c, i, 0, selectorOf(c, index), 0) ? STATUS_NEXT : STATUS_ABORTED;
}

/** PUSH Sreg. */
export function pushSegment(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[0] as RegisterOperand;
  const width = c.in64BitMode && i.instruction.operandSize !== 16 ? 64 : i.instruction.operandSize;
  push(c, selectorOf(c, index), 0, width);
  return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
}

/** POP Sreg. */
export function popSegment(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[0] as RegisterOperand;
  const size = c.in64BitMode && i.instruction.operandSize !== 16 ? 8 : i.instruction.operandSize / 8;
  const selector = peek(c, 0, size) & 0xffff;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const next = stackPointer(c, size);
  const nextHigh = c.hi;
  if (!loadSegment(c, index, selector)) return STATUS_ABORTED;
  setStackPointer(c, next, nextHigh);
  if (index === S.SS) shadowAfterStackLoad(c);
  return STATUS_NEXT;
}

function loadFarPointer(register: number): Executor {
  return (c, i) => {
    const size = i.instruction.operandSize / 8;
    const low = memoryAddress(c, i, size + 2, ACCESS_READ);
    const high = c.hi;
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
    const offset = load(c, low, high, size);
    const offsetHigh = c.hi;
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
    const selector = load(c, (low + size) | 0, high + ((low >>> 0) + size > 0xffffffff ? 1 : 0), 2);
    if (c.fault !== FAULT_NONE || !loadSegment(c, register, selector)) return STATUS_ABORTED;
    setRegister(c, i.r0, i.instruction.operandSize, offset, offsetHigh);
    if (register === S.SS) c.s[S.INTERRUPTIBILITY]! &= ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS);
    return STATUS_NEXT;
  };
}

/** Far pointer loads; MOV, PUSH and POP of segment registers are dispatched by operand in `system-instructions.ts`. */
export const SEGMENT_LOADS: Readonly<Record<string, Executor>> = {
  les: loadFarPointer(S.ES),
  lds: loadFarPointer(S.DS),
  lss: loadFarPointer(S.SS),
  lfs: loadFarPointer(S.FS),
  lgs: loadFarPointer(S.GS),
};
