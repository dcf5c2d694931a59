import { resumeUserShadowStack } from "../enforcement/shadow-transfers.ts";
import { AC, AF, CF, DF, ID, IF, NT, OF, PF, RF, readRflags, SF, TF, VIF, VIP, VM, writeRflags, ZF } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { checkOffset, dropInnerSegments, enterCode, enterParagraph, fetchReturnCode } from "./code-segments.ts";
import type { Descriptor } from "./descriptors.ts";
import { GP, inLongMode, inRealMode, intercepted, inVirtual8086 } from "./exceptions.ts";
import { commitReturnStack, fetchReturnStack, peekWords } from "./far-returns.ts";
import { setStackPointer, stackPointer } from "./operands.ts";
import { loadVirtual8086Segment } from "./segment-loads.ts";
import { switchTask, TASK_SWITCH_IRET } from "./task-switch.ts";
import { loadTss } from "./tss.ts";

const IOPL = 3 << 12;
const BLOCKED_BY_NMI = 8;
const ALWAYS = CF | PF | AF | ZF | SF | TF | DF | OF | NT;

/** RFLAGS bits that IRET or POPF may change at a privilege level with an operand size. */
export function changeableFlags(c: Processor, size: number, cpl: number): number {
  const iopl = (c.s[S.FLAG_SYSTEM]! >>> 12) & 3;
  let mask = ALWAYS;
  if (size > 2) mask |= AC | ID;
  if (cpl <= iopl) mask |= IF;
  if (cpl === 0) mask |= IOPL;
  return mask;
}

function loadFlags(c: Processor, value: number, mask: number): void {
  writeRflags(c.s, (readRflags(c.s) & ~mask) | (value & mask));
  c.selectTlbPart();
}

function returnInParagraphMode(c: Processor, size: number): boolean {
  const vm86 = inVirtual8086(c);
  if (vm86 && (c.s[S.FLAG_SYSTEM]! & IOPL) !== IOPL) {
    c.raise(GP, 0);
    return false;
  }
  const words = peekWords(c, 3, size);
  if (words === null) return false;
  const [offset, selector, flags] = words;
  if (!enterParagraph(c, selector!.low & 0xffff, offset!.low)) return false;
  release(c, 3 * size);
  const mask = changeableFlags(c, size, 0) | (size > 2 ? RF : 0);
  loadFlags(c, flags!.low, vm86 ? mask & ~IOPL : mask);
  return true;
}

function release(c: Processor, bytes: number): void {
  const next = stackPointer(c, bytes);
  setStackPointer(c, next, c.hi);
}

function returnFromTask(c: Processor, i: Op): boolean {
  const link = loadTss(c, 0, 2);
  return c.fault === FAULT_NONE && switchTask(c, link & 0xffff, TASK_SWITCH_IRET, i.nextLow);
}

function returnToVirtual8086(c: Processor, flags: number): boolean {
  const words = peekWords(c, 9, 4);
  if (words === null) return false;
  const word = (n: number) => words[n]!.low;
  writeRflags(c.s, flags);
  c.s[S.CPL] = 3;
  const loads = [
    [S.CS, word(1)],
    [S.SS, word(4)],
    [S.ES, word(5)],
    [S.DS, word(6)],
    [S.FS, word(7)],
    [S.GS, word(8)],
  ] as const;
  for (const [register, selector] of loads) loadVirtual8086Segment(c, register, selector);
  c.s[S.GPR + 8] = word(3);
  c.s[S.RIP] = word(0) & 0xffff;
  c.s[S.RIP + 1] = 0;
  c.translationChanged();
  return true;
}

type Word = { readonly low: number; readonly high: number };

function returnInProtectedMode(c: Processor, size: number): boolean {
  const words = peekWords(c, 3, size);
  if (words === null) return false;
  const flags = words[2]!.low;
  const cpl = c.s[S.CPL]!;
  if ((flags & VM) !== 0 && size === 4 && cpl === 0 && !inLongMode(c)) return returnToVirtual8086(c, flags);
  const code = fetchReturnCode(c, words[1]!.low & 0xffff);
  if (code === null) return false;
  const mask = changeableFlags(c, size, cpl) | (size > 2 ? RF : 0) | (size > 2 && cpl === 0 ? VIF | VIP : 0);
  const keepsStack = (code.selector & 3) === cpl && !c.in64BitMode;
  const returned = keepsStack ? returnOnStack(c, code, words[0]!, size) : returnWithStack(c, code, words[0]!, size);
  if (returned) loadFlags(c, flags, mask);
  return returned;
}

/** Return to the same level outside 64-bit mode: SS:ESP stay. */
function returnOnStack(c: Processor, code: Descriptor, target: Word, size: number): boolean {
  if (!checkOffset(c, code, target.low, target.high)) return false;
  const next = stackPointer(c, 3 * size);
  setStackPointer(c, next, c.hi);
  return enterCode(c, code, code.selector & 3, target.low, target.high);
}

/** Return that pops SS:RSP too: to an outer level, and always in 64-bit mode. */
function returnWithStack(c: Processor, code: Descriptor, target: Word, size: number): boolean {
  const words = peekWords(c, 2, size, 3 * size);
  if (words === null) return false;
  const cpl = c.s[S.CPL]!;
  const rpl = code.selector & 3;
  const selector = words[1]!.low & 0xffff;
  const stack = fetchReturnStack(c, selector, code, rpl);
  if (stack === undefined || !checkOffset(c, code, target.low, target.high)) return false;
  if (!enterCode(c, code, rpl, target.low, target.high)) return false;
  commitReturnStack(c, stack, selector, words[0]!.low, words[0]!.high);
  if (rpl === cpl) return true;
  dropInnerSegments(c);
  if (rpl === 3) resumeUserShadowStack(c);
  return true;
}

function returnFromInterrupt(c: Processor, i: Op): boolean {
  const size = i.instruction.operandSize / 8;
  if (inRealMode(c) || inVirtual8086(c)) return returnInParagraphMode(c, size);
  if ((c.s[S.FLAG_SYSTEM]! & NT) === 0) return returnInProtectedMode(c, size);
  if (!inLongMode(c)) return returnFromTask(c, i);
  c.raise(GP, 0);
  return false;
}

const iret: Executor = (c, i) => {
  const status = intercepted(c, i, INTERCEPT.iret);
  if (status !== STATUS_NEXT) return status;
  const done = returnFromInterrupt(c, i);
  // NMIs are unblocked even by an IRET that faults (SDM 3A "Handling Multiple NMIs").
  if (done || c.fault === 1) c.s[S.INTERRUPTIBILITY]! &= ~BLOCKED_BY_NMI;
  return done ? STATUS_RETIRED : STATUS_ABORTED;
};

/** IRET, IRETD, IRETQ. SDM 2A "IRET/IRETD/IRETQ-Interrupt Return". */
export const INTERRUPT_RETURN: Readonly<Record<string, Executor>> = { iret };
