import type { Processor } from "../processor.ts";

/** High 32 bits of an unsigned 32 x 32 product. */
function umulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536)) | 0;
}

/** Low 64 bits of a 64 x 64 product, signed or unsigned alike. */
export function mulLow64(c: Processor, aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  c.hi = (umulHigh(aLow, bLow) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;
  return Math.imul(aLow, bLow);
}

/** High 32 bits of an unsigned 32 x 32 product. */
export function mul32High(_c: Processor, a: number, b: number): number {
  return umulHigh(a, b);
}

/** High 64 bits of an unsigned 64 x 64 product. */
export function mul64High(c: Processor, aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const low = umulHigh(aLow, bLow) >>> 0;
  const m1Low = Math.imul(aLow, bHigh) >>> 0;
  const m1High = umulHigh(aLow, bHigh) >>> 0;
  const m2Low = Math.imul(aHigh, bLow) >>> 0;
  const m2High = umulHigh(aHigh, bLow) >>> 0;
  const carry = Math.floor((low + m1Low + m2Low) / 4294967296);
  const sum = m1High + m2High + carry + (Math.imul(aHigh, bHigh) >>> 0);
  c.hi = (umulHigh(aHigh, bHigh) + Math.floor(sum / 4294967296)) | 0;
  return sum | 0;
}

/** High 64 bits of a signed 64 x 64 product. */
export function imulHigh(c: Processor, aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  let low = mul64High(c, aLow, aHigh, bLow, bHigh);
  let high = c.hi;
  if (aHigh < 0) {
    high = (high - bHigh - (low >>> 0 < bLow >>> 0 ? 1 : 0)) | 0;
    low = (low - bLow) | 0;
  }
  if (bHigh < 0) {
    high = (high - aHigh - (low >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    low = (low - aLow) | 0;
  }
  c.hi = high;
  return low;
}

const RAX = 0;
const RDX = 4;

/** DIV by a value of `width` bits: AX, DX:AX, EDX:EAX or RDX:RAX. Raises #DE. Returns 0. */
export function divide(c: Processor, width: number, low: number, high: number): number {
  return divideBy(c, width, low, high, false);
}

/** IDIV. */
export function signedDivide(c: Processor, width: number, low: number, high: number): number {
  return divideBy(c, width, low, high, true);
}

function divideBy(c: Processor, width: number, low: number, high: number, signed: boolean): number {
  const pattern = width === 64 ? BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n) : BigInt.asUintN(width, BigInt(low));
  const divisor = signed ? BigInt.asIntN(width, pattern) : pattern;
  if (divisor === 0n) return divideError(c);
  const dividend = dividendOf(c, width, signed);
  const quotient = dividend / divisor;
  const fits = signed ? BigInt.asIntN(width, quotient) === quotient : BigInt.asUintN(width, quotient) === quotient;
  if (!fits) return divideError(c);
  writeQuotient(c, width, BigInt.asUintN(width, quotient), BigInt.asUintN(width, dividend % divisor));
  return 0;
}

function divideError(c: Processor): number {
  c.raise(0);
  return 0;
}

function dividendOf(c: Processor, width: number, signed: boolean): bigint {
  const rax = c.get64(RAX);
  const w = BigInt(width);
  const wide = width === 8 ? rax & 0xffffn : (BigInt.asUintN(width, c.get64(RDX)) << w) | BigInt.asUintN(width, rax);
  return signed ? BigInt.asIntN(2 * width, wide) : wide;
}

function writeQuotient(c: Processor, width: number, quotient: bigint, remainder: bigint): void {
  if (width === 8) {
    c.s[RAX] = (c.s[RAX]! & ~0xffff) | Number(quotient) | (Number(remainder) << 8);
  } else if (width === 16) {
    c.s[RAX] = (c.s[RAX]! & ~0xffff) | Number(quotient);
    c.s[RDX] = (c.s[RDX]! & ~0xffff) | Number(remainder);
  } else {
    c.set64(RAX, quotient);
    c.set64(RDX, remainder);
  }
}
