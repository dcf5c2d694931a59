import { describe, expect, test } from "vitest";
import { bit, bitsOf, hex, hi32, high32, lo32, low32, maskBits, signExtend, testBit, u64 } from "./bits.ts";

describe("halves of 64-bit values", () => {
  test.each([
    [0n, 0, 0],
    [0xffff_ffffn, -1, 0],
    [0x8000_0000_0000_0000n, 0, -0x8000_0000],
    [0xffff_ffff_ffff_fffen, -2, -1],
    [0x1234_5678_9abc_def0n, 0x9abc_def0 | 0, 0x1234_5678],
  ])("%# split into signed halves and join again", (value, lo, hi) => {
    expect([lo32(value), hi32(value)]).toEqual([lo, hi]);
    expect(u64(lo, hi)).toBe(value);
    expect(u64(low32(value), high32(value))).toBe(value);
  });

  test("a negative bigint splits as its two's complement", () => {
    expect([lo32(-1n), hi32(-1n), low32(-1n), high32(-1n)]).toEqual([-1, -1, 0xffff_ffff, 0xffff_ffff]);
  });
});

describe("text", () => {
  test.each([
    [0n, undefined, "0x0"],
    [0x681e, undefined, "0x681e"],
    [0x10, 4, "0x0010"],
    [-1, undefined, "0xffffffff"],
    [-1n, undefined, "0xffffffffffffffff"],
    [0xffff_8000_0000_0000n, 16, "0xffff800000000000"],
  ])("%s in %s digits is %s", (value, digits, text) => expect(hex(value, digits)).toBe(text));
});

describe("bits", () => {
  test("a mask includes both ends", () => {
    expect(maskBits(12, 51)).toBe(0x000f_ffff_ffff_f000n);
    expect(maskBits(0, 63)).toBe(0xffff_ffff_ffff_ffffn);
    expect(maskBits(5, 5)).toBe(bit(5));
  });

  test("bits are listed ascending, also of negative numbers read as 64-bit words", () => {
    expect(bitsOf(0x8000_0005)).toEqual([0, 2, 31]);
    expect(bitsOf(bit(63) | 1n)).toEqual([0, 63]);
    expect(bitsOf(-1n)).toHaveLength(64);
  });

  test("a bit is tested in either representation", () => {
    expect([testBit(0x8000_0000, 31), testBit(bit(40), 40), testBit(2, 0)]).toEqual([true, true, false]);
  });

  test("sign extension yields a canonical address kept unsigned", () => {
    expect(signExtend(0x8000_0000_0000n, 48)).toBe(0xffff_8000_0000_0000n);
    expect(signExtend(0x7fff_ffff_ffffn, 48)).toBe(0x7fff_ffff_ffffn);
  });
});
