import { readRflags, writeArithmeticFlags, ZF } from "../flags.ts";
import { linear, pop, popFrame, push } from "../system/operands.ts";
import { crc32c, deposit, extract, leadingZeros, populationCount, trailingZeros } from "./bit-helpers.ts";
import { divide, imulHigh, mul32High, mul64High, mulLow64, signedDivide } from "./multiply-divide.ts";
import { rotateThroughCarry } from "./rotate-carry.ts";

function parity(value: number): number {
  const folded = (value ^ (value >>> 4)) & 15;
  return ((0x6996 >>> folded) & 1) ^ 1;
}

function setZero(s: Int32Array, zero: number): void {
  const flags = readRflags(s);
  writeArithmeticFlags(s, zero !== 0 ? flags | ZF : flags & ~ZF);
}

/**
 * What executors call for things that would be long in line. All take the processor first (but `parity` and `setZero`); 64-bit values
 * travel as halves, a 64-bit result leaves its high half in `c.hi`.
 */
export const HELPERS = {
  linear,
  push,
  pop,
  popFrame,
  parity,
  setZero,
  mulLow64,
  mul64High,
  mul32High,
  imulHigh,
  divide,
  signedDivide,
  rotateThroughCarry,
  trailingZeros,
  leadingZeros,
  populationCount,
  crc32c,
  deposit,
  extract,
};
