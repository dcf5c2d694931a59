import type { Processor } from "../processor.ts";
import { X87_STATE } from "../state-layout.ts";

/*
 * MMX registers are the significands of the x87 registers by number, of which the FXSAVE image shows the stack: ST(i) is register
 * (TOP + i) mod 8 (SDM 1 "MMX Registers").
 */

const STACK = X87_STATE + 8;
const REGISTER_WORDS = 4;
const ABRIDGED_TAGS = X87_STATE + 1;
const TOP_SHIFT = 27;
const TOP = 7 << TOP_SHIFT;

function topOf(c: Processor): number {
  return (c.s[X87_STATE]! >>> TOP_SHIFT) & 7;
}

/** State word of the low half of an MMX register. */
export function mmxWord(c: Processor, index: number): number {
  return STACK + ((index - topOf(c)) & 7) * REGISTER_WORDS;
}

/** Turns the stack until ST(0) is register 0. */
function clearTop(c: Processor): void {
  const s = c.s;
  const top = topOf(c);
  if (top === 0) return;
  const old = s.slice(STACK, STACK + 8 * REGISTER_WORDS);
  for (let n = 0; n < 8; n++) {
    const from = ((n - top) & 7) * REGISTER_WORDS;
    s.set(old.subarray(from, from + REGISTER_WORDS), STACK + n * REGISTER_WORDS);
  }
  s[X87_STATE]! &= ~TOP;
}

/** What every MMX instruction does to the x87 state: TOP becomes 0 and all tags valid (SDM 3A "The MMX State and MMX Register Aliasing"). */
export function enterMmx(c: Processor): void {
  c.s[ABRIDGED_TAGS]! |= 0xff;
  clearTop(c);
}

/** EMMS: TOP becomes 0 and all registers empty. */
export function leaveMmx(c: Processor): void {
  c.s[ABRIDGED_TAGS]! &= ~0xff;
  clearTop(c);
}

/** Writes an MMX register: its sign and exponent become ones. */
export function writeMmx(c: Processor, index: number, low: number, high: number): void {
  enterMmx(c);
  const word = STACK + index * REGISTER_WORDS;
  c.s[word] = low;
  c.s[word + 1] = high;
  c.s[word + 2] = 0xffff;
}
