import type { Processor } from "../processor.ts";
import { fitsLinearWidth } from "./linear-width.ts";
import { baseWord } from "./system-memory.ts";

/** Base of FS or GS, as RDMSR and RDFSBASE see it. */
export function readSegmentBase(c: Processor, register: number): bigint {
  return c.get64(baseWord(register));
}

/** Sets the base of FS or GS. False for a non-canonical address. */
export function writeSegmentBase(c: Processor, register: number, value: bigint): boolean {
  if (!fitsLinearWidth(c, Number(BigInt.asIntN(32, value >> 32n)))) return false;
  c.set64(baseWord(register), value);
  return true;
}
