import { CF, OF, readRflags, writeArithmeticFlags } from "../flags.ts";
import type { Processor } from "../processor.ts";

/**
 * RCL (`left` 1) and RCR by a masked count: rotates the value with CF as one more bit and sets CF and OF.
 * @returns low half of the result, high half in `c.hi`
 */
export function rotateThroughCarry(
  c: Processor,
  left: number,
  width: number,
  low: number,
  high: number,
  count: number,
): number {
  const bits = BigInt(width) + 1n;
  const flags = readRflags(c.s);
  const steps = BigInt(count % (width + 1));
  const value =
    BigInt.asUintN(width, BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n)) | (BigInt(flags & CF) << BigInt(width));
  const turn = left !== 0 ? steps : bits - steps;
  const turned = BigInt.asUintN(width + 1, (value << turn) | (value >> (bits - turn)));
  if (count !== 0) setFlags(c, flags, turned, width, left !== 0);
  const result = BigInt.asUintN(width, turned);
  c.hi = Number(BigInt.asIntN(32, result >> 32n));
  return Number(BigInt.asIntN(32, result));
}

function setFlags(c: Processor, flags: number, turned: bigint, width: number, left: boolean): void {
  const carry = Number((turned >> BigInt(width)) & 1n);
  const top = Number((turned >> BigInt(width - 1)) & 1n);
  const next = Number((turned >> BigInt(width - 2)) & 1n);
  const overflow = left ? top ^ carry : top ^ next;
  writeArithmeticFlags(c.s, (flags & ~(CF | OF)) | carry | (overflow !== 0 ? OF : 0));
}
