import type { Processor } from "../processor.ts";
import { X87_STATE } from "../state-layout.ts";
import { type Real, real } from "./real.ts";

/*
 * x87 state lies as FXSAVE stores it (SDM 1 "FXSAVE Area"): control and status word, abridged tags by physical register, and the registers
 * in the order of the stack, ST(0) first. A push or pop therefore moves all of them.
 */

const WORDS = X87_STATE;
const TAGS = X87_STATE + 1;
const STACK = X87_STATE + 8;
const REGISTER_WORDS = 4;
const STACK_END = STACK + 8 * REGISTER_WORDS;
const LAST = STACK_END - REGISTER_WORDS;

const CONTROL_WORD_INITIAL = 0x37f;
/** Bit 6 of the control word is always set; bits 7, 13, 14, 15 do not exist. */
const CONTROL_WORD_FIXED = 0x40;
const CONTROL_WORD_BITS = 0x1f3f;

export const C0 = 1 << 8;
export const C1 = 1 << 9;
export const C2 = 1 << 10;
export const C3 = 1 << 14;
export const CONDITIONS = C0 | C1 | C2 | C3;
const SUMMARY_AND_BUSY = 0x8080;
const EXCEPTIONS = 0x3f;

export function controlWord(c: Processor): number {
  return c.s[WORDS]! & 0xffff;
}

export function statusWord(c: Processor): number {
  return c.s[WORDS]! >>> 16;
}

export function setStatusWord(c: Processor, value: number): void {
  c.s[WORDS] = (c.s[WORDS]! & 0xffff) | (value << 16);
}

/** Sets the control word; exceptions that it unmasks become pending, those it masks no longer are. */
export function setControlWord(c: Processor, value: number): void {
  c.s[WORDS] = (c.s[WORDS]! & ~0xffff) | (value & CONTROL_WORD_BITS) | CONTROL_WORD_FIXED;
  summarize(c);
}

/** Derives the error summary and busy bits from flags and masks. */
export function summarize(c: Processor): void {
  const status = statusWord(c);
  const pending = (status & ~controlWord(c) & EXCEPTIONS) !== 0;
  setStatusWord(c, pending ? status | SUMMARY_AND_BUSY : status & ~SUMMARY_AND_BUSY);
}

/** Whether an unmasked exception waits for the next waiting instruction. */
export function isPending(c: Processor): boolean {
  return (c.s[WORDS]! & (0x80 << 16)) !== 0;
}

/** Replaces the condition codes named by `mask`. */
export function setConditions(c: Processor, mask: number, value: number): void {
  setStatusWord(c, (statusWord(c) & ~mask) | value);
}

function top(c: Processor): number {
  return (c.s[WORDS]! >>> 27) & 7;
}

function setTop(c: Processor, value: number): void {
  c.s[WORDS] = (c.s[WORDS]! & ~(7 << 27)) | ((value & 7) << 27);
}

export function setAbridgedTags(c: Processor, tags: number): void {
  c.s[TAGS] = (c.s[TAGS]! & ~0xff) | (tags & 0xff);
}

/** Bit of ST(n) in the abridged tags. */
function tagOf(c: Processor, n: number): number {
  return 1 << ((top(c) + n) & 7);
}

export function isEmpty(c: Processor, n: number): boolean {
  return (c.s[TAGS]! & tagOf(c, n)) === 0;
}

/** Whether a push would find the register above the top in use. */
export function isFull(c: Processor): boolean {
  return !isEmpty(c, 7);
}

/** FFREE. */
export function setEmpty(c: Processor, n: number): void {
  c.s[TAGS]! &= ~tagOf(c, n);
}

export function readStack(c: Processor, n: number): Real {
  const at = STACK + n * REGISTER_WORDS;
  const head = c.s[at + 2]!;
  return real((head >>> 15) & 1, head & 0x7fff, c.s[at + 1]!, c.s[at]!);
}

/** Writes ST(n), which is not empty afterwards. */
export function writeStack(c: Processor, n: number, value: Real): void {
  writeRegister(c, n, value);
  c.s[TAGS]! |= tagOf(c, n);
}

/** Writes ST(n) and leaves its tag. */
export function writeRegister(c: Processor, n: number, value: Real): void {
  const at = STACK + n * REGISTER_WORDS;
  c.s[at] = value.low;
  c.s[at + 1] = value.high;
  c.s[at + 2] = (value.sign << 15) | value.exponent;
}

/** FDECSTP: the top moves to the register above. Contents and tags stay where they are. */
export function decrementTop(c: Processor): void {
  const { s } = c;
  const [low, high, head] = [s[LAST]!, s[LAST + 1]!, s[LAST + 2]!];
  s.copyWithin(STACK + REGISTER_WORDS, STACK, LAST);
  s[STACK] = low;
  s[STACK + 1] = high;
  s[STACK + 2] = head;
  setTop(c, top(c) - 1);
}

/** FINCSTP. */
export function incrementTop(c: Processor): void {
  const { s } = c;
  const [low, high, head] = [s[STACK]!, s[STACK + 1]!, s[STACK + 2]!];
  s.copyWithin(STACK, STACK + REGISTER_WORDS, STACK_END);
  s[LAST] = low;
  s[LAST + 1] = high;
  s[LAST + 2] = head;
  setTop(c, top(c) + 1);
}

export function push(c: Processor, value: Real): void {
  decrementTop(c);
  writeStack(c, 0, value);
}

export function pop(c: Processor): void {
  setEmpty(c, 0);
  incrementTop(c);
}

/** What FNINIT does: registers keep their contents in place, all of them empty. */
export function initialize(c: Processor): void {
  while (top(c) !== 0) incrementTop(c);
  c.s.fill(0, WORDS, WORDS + 6);
  c.s[WORDS] = CONTROL_WORD_INITIAL;
}
