import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { CR4_UMIP } from "./control-bits.ts";
import {
  type Descriptor,
  fetchDescriptor,
  fetchUpperHalf,
  isNull,
  markBusy,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_LDT,
  TYPE_TSS,
  TYPE_TSS16,
} from "./descriptors.ts";
import {
  failSelector,
  GP,
  inLongMode,
  inParagraphMode,
  intercepted,
  NP,
  notPrivileged,
  raise,
  UD,
} from "./exceptions.ts";
import { fitsLinearWidth } from "./linear-width.ts";
import { load, memoryAddress, readOperand, store, writeOperand } from "./operands.ts";

const DETAIL_STORE_GDT = 0;
const DETAIL_STORE_IDT = 1;
const DETAIL_LOAD_GDT = 2;
const DETAIL_LOAD_IDT = 3;

/** UMIP forbids user mode the store instructions. */
function umipForbids(c: Processor): boolean {
  return (c.s[S.CR4]! & CR4_UMIP) !== 0 && c.s[S.CPL] !== 0;
}

/** Reads limit and base from the operand. Null when a fault is pending. */
function readTable(c: Processor, i: Op): { limit: number; base: number; baseHigh: number } | null {
  const size = c.in64BitMode ? 8 : 4;
  const low = memoryAddress(c, i, size + 2, ACCESS_READ);
  const high = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const limit = load(c, low, high, 2);
  if (c.fault !== FAULT_NONE) return null;
  const base = load(c, (low + 2) | 0, high, size);
  if (c.fault !== FAULT_NONE) return null;
  return { limit, base: i.instruction.operandSize === 16 ? base & 0xffffff : base, baseHigh: c.hi };
}

function loadTable(word: number, detail: number): Executor {
  return (c, i) => {
    if (notPrivileged(c)) return STATUS_ABORTED;
    const status = intercepted(c, i, INTERCEPT.gdtrIdtr, detail);
    if (status !== STATUS_NEXT) return status;
    const table = readTable(c, i);
    if (table === null) return STATUS_ABORTED;
    if (!fitsLinearWidth(c, table.baseHigh)) return raise(c, GP, 0);
    c.s[word] = table.base;
    c.s[word + 1] = table.baseHigh;
    c.s[word + 2] = table.limit;
    return STATUS_NEXT;
  };
}

function storeTable(word: number, detail: number): Executor {
  return (c, i) => {
    if (umipForbids(c)) return raise(c, GP, 0);
    const status = intercepted(c, i, INTERCEPT.gdtrIdtr, detail);
    if (status !== STATUS_NEXT) return status;
    const size = c.in64BitMode ? 8 : 4;
    const low = memoryAddress(c, i, size + 2, ACCESS_WRITE);
    const high = c.hi;
    if (c.fault !== FAULT_NONE || !c.probeWrite(low, high, size + 2)) return STATUS_ABORTED;
    c.store16(low, high, c.s[word + 2]!);
    if (c.fault === FAULT_NONE) store(c, (low + 2) | 0, high, size, c.s[word]!, c.s[word + 1]!);
    return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
  };
}

function storeSelector(register: number, detail: number): Executor {
  return (c, i) => {
    if (inParagraphMode(c)) return raise(c, UD);
    if (umipForbids(c)) return raise(c, GP, 0);
    const status = intercepted(c, i, INTERCEPT.ldtrTr, detail);
    if (status !== STATUS_NEXT) return status;
    return writeOperand(c, i, 0, selectorOf(c, register), 0) ? STATUS_NEXT : STATUS_ABORTED;
  };
}

/** What LLDT and LTR have in common before they look at the descriptor. The selector, or -1 with `status` to return. */
function beginSystemLoad(c: Processor, i: Op, detail: number): { selector: number; status: number } {
  const stop = (status: number) => ({ selector: -1, status });
  if (inParagraphMode(c)) return stop(raise(c, UD));
  if (notPrivileged(c)) return stop(STATUS_ABORTED);
  const status = intercepted(c, i, INTERCEPT.ldtrTr, detail);
  if (status !== STATUS_NEXT) return stop(status);
  const selector = readOperand(c, i, 0) & 0xffff;
  return c.fault === FAULT_NONE ? { selector, status } : stop(STATUS_ABORTED);
}

/** Reads a system descriptor of one of the types, with its 64-bit base in IA-32e mode. Null when a fault is pending. */
function fetchSystem(c: Processor, selector: number, types: readonly number[]): { d: Descriptor; high: number } | null {
  if ((selector & 4) !== 0) return failSelector(c, GP, selector) || null;
  const d = fetchDescriptor(c, selector, GP);
  if (d === null) return null;
  if (!d.isSystem || !types.includes(d.type)) return failSelector(c, GP, selector) || null;
  if (!d.present) return failSelector(c, NP, selector) || null;
  const high = inLongMode(c) ? fetchUpperHalf(c, selector, GP) : 0;
  if (high === null) return null;
  if (fitsLinearWidth(c, high)) return { d, high };
  return failSelector(c, GP, selector) || null;
}

const lldt: Executor = (c, i) => {
  const { selector, status } = beginSystemLoad(c, i, 2);
  if (selector < 0) return status;
  if (isNull(selector)) {
    setNullSegment(c, S.LDTR, selector);
    return STATUS_NEXT;
  }
  const found = fetchSystem(c, selector, [TYPE_LDT]);
  if (found === null) return STATUS_ABORTED;
  setSegment(c, S.LDTR, selector, found.d, found.high);
  return STATUS_NEXT;
};

const ltr: Executor = (c, i) => {
  const { selector, status } = beginSystemLoad(c, i, 3);
  if (selector < 0) return status;
  if (isNull(selector)) return raise(c, GP, 0);
  const found = fetchSystem(c, selector, inLongMode(c) ? [TYPE_TSS] : [TYPE_TSS, TYPE_TSS16]);
  if (found === null || !markBusy(c, selector, found.d.high, true)) return STATUS_ABORTED;
  setSegment(c, S.TR, selector, { ...found.d, rights: found.d.rights | 2 }, found.high);
  return STATUS_NEXT;
};

/** Descriptor-table and task registers. SDM 2 "Instruction Set Reference". */
export const DESCRIPTOR_TABLES: Readonly<Record<string, Executor>> = {
  lgdt: loadTable(S.GDTR, DETAIL_LOAD_GDT),
  lidt: loadTable(S.IDTR, DETAIL_LOAD_IDT),
  sgdt: storeTable(S.GDTR, DETAIL_STORE_GDT),
  sidt: storeTable(S.IDTR, DETAIL_STORE_IDT),
  sldt: storeSelector(S.LDTR, 0),
  str: storeSelector(S.TR, 1),
  lldt,
  ltr,
};
