import type { Processor } from "../processor.ts";

/** Index of the lowest set bit of a 64-bit value; 64 for zero. */
export function trailingZeros(_c: Processor, low: number, high: number): number {
  if (low !== 0) return 31 - Math.clz32(low & -low);
  return high !== 0 ? 63 - Math.clz32(high & -high) : 64;
}

/** Leading zeros of a 64-bit value. */
export function leadingZeros(_c: Processor, low: number, high: number): number {
  return high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
}

export function populationCount(_c: Processor, low: number, high: number): number {
  return count32(low) + count32(high);
}

function count32(value: number): number {
  let x = value - ((value >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** CRC-32C of `bytes` bytes of a value, starting from `crc`. */
export function crc32c(_c: Processor, crc: number, bytes: number, low: number, high: number): number {
  let sum = crc;
  for (let i = 0; i < bytes; i++) {
    sum ^= (i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4))) & 0xff;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return sum | 0;
}

function joined(low: number, high: number): bigint {
  return BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n);
}

function split(c: Processor, value: bigint): number {
  c.hi = Number(BigInt.asIntN(32, value >> 32n));
  return Number(BigInt.asIntN(32, value));
}

/** PDEP. */
export function deposit(c: Processor, low: number, high: number, maskLow: number, maskHigh: number): number {
  let source = joined(low, high);
  const mask = joined(maskLow, maskHigh);
  let result = 0n;
  for (let bit = 1n; bit <= mask; bit <<= 1n) {
    if ((mask & bit) === 0n) continue;
    if (source & 1n) result |= bit;
    source >>= 1n;
  }
  return split(c, result);
}

/** PEXT. */
export function extract(c: Processor, low: number, high: number, maskLow: number, maskHigh: number): number {
  const source = joined(low, high);
  const mask = joined(maskLow, maskHigh);
  let result = 0n;
  let out = 1n;
  for (let bit = 1n; bit <= mask; bit <<= 1n) {
    if ((mask & bit) === 0n) continue;
    if (source & bit) result |= out;
    out <<= 1n;
  }
  return split(c, result);
}
