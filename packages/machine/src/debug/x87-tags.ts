import { type Processor, STATE } from "@hvdiff/cpu";

const TAG_ZERO = 1;
const TAG_SPECIAL = 2;
const TAG_EMPTY = 3;
const STACK_WORD = STATE.X87_STATE + 8;
const EXPONENT = 0x7fff;

/** Tag of the register that is ST(number): valid, zero or special (SDM 1 "x87 FPU Tag Word"). */
function tagOf(c: Processor, number: number): number {
  const word = STACK_WORD + number * 4;
  const exponent = c.s[word + 2]! & EXPONENT;
  const integerBit = c.s[word + 1]! < 0;
  if (exponent === 0 && c.s[word] === 0 && c.s[word + 1] === 0) return TAG_ZERO;
  return exponent === 0 || exponent === EXPONENT || !integerBit ? TAG_SPECIAL : 0;
}

/** The whole tag word, from the abridged one of the FXSAVE image. */
export function x87TagWord(c: Processor): number {
  const top = (c.s[STATE.X87_STATE]! >>> 27) & 7;
  const full = c.s[STATE.X87_STATE + 1]! & 0xff;
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    const tag = ((full >>> physical) & 1) === 0 ? TAG_EMPTY : tagOf(c, (physical - top) & 7);
    tags |= tag << (2 * physical);
  }
  return tags;
}
