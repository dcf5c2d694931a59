/** A value of an architectural register or word as tables and the API carry it. */
export type Word = bigint | number;

const MASK32 = 0xffff_ffffn;
const MASK64 = 0xffff_ffff_ffff_ffffn;

/** Low half of a 64-bit value as a signed 32-bit integer, the form flat typed memory and bit operators want. */
export function lo32(x: bigint): number {
  return Number(BigInt.asIntN(32, x));
}

/** High half of a 64-bit value as a signed 32-bit integer. */
export function hi32(x: bigint): number {
  return Number(BigInt.asIntN(32, x >> 32n));
}

/** Joins two halves, signed or unsigned, into an unsigned 64-bit value. */
export function u64(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** Low half of a 64-bit value as an unsigned number, the form tables use for words of at most 32 bits. */
export function low32(x: bigint): number {
  return Number(x & MASK32);
}

/** High half of a 64-bit value as an unsigned number. */
export function high32(x: bigint): number {
  return Number((x >> 32n) & MASK32);
}

/** Sign-extends the low `width` bits to a 64-bit value kept unsigned; canonical addresses are made this way. */
export function signExtend(x: bigint, width: number): bigint {
  return BigInt.asIntN(width, x) & MASK64;
}

/** The one form addresses and registers take in text and JSON: "0x…", negative numbers as their 32-bit pattern. */
export function hex(x: Word, digits = 1): string {
  const value = typeof x === "bigint" ? (x < 0n ? x & MASK64 : x) : x < 0 ? x >>> 0 : x;
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** A 64-bit value with only bit `n` set. */
export function bit(n: number): bigint {
  return 1n << BigInt(n);
}

/** A mask of bits `low` to `high`, both included. */
export function maskBits(low: number, high: number): bigint {
  return ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
}

/** Whether bit `n` is set, for words of either representation. */
export function testBit(x: Word, n: number): boolean {
  return ((BigInt(x) >> BigInt(n)) & 1n) === 1n;
}

/** Numbers of the bits set in a word, ascending. */
export function bitsOf(x: Word): number[] {
  const bits: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(x)), n = 0; rest !== 0n; rest >>= 1n, n++) {
    if ((rest & 1n) === 1n) bits.push(n);
  }
  return bits;
}
