import { expect, test } from "vitest";
import { reciprocal, reciprocalRoot } from "./approximation.ts";
import { FloatUnit } from "./float-unit.ts";

const LIMIT = 1.5 * 2 ** -12;
const u = new FloatUnit(new ArrayBuffer(64));

function approximate(operation: typeof reciprocal, bits: number): number {
  u.begin(0x1f80);
  u.u32[0] = bits;
  operation(u, 0, 1);
  return u.u32[1]!;
}

/** Relative error for a binary32 operand given as its bits. */
function errorOf(operation: typeof reciprocal, exact: (x: number) => number, bits: number): number {
  approximate(operation, bits);
  const wanted = exact(u.f32[0]!);
  return Math.abs(u.f32[1]! - wanted) / Math.abs(wanted);
}

test.each([
  ["reciprocal", reciprocal, (x: number) => 1 / x],
  ["reciprocal square root", reciprocalRoot, (x: number) => 1 / Math.sqrt(x)],
])("the error of the %s stays below 1.5 x 2^-12 at both ends of every interval", (_, operation, exact) => {
  let worst = 0;
  for (let bits = 0x3f800000; bits < 0x40800000; bits += 4096)
    worst = Math.max(worst, errorOf(operation, exact, bits), errorOf(operation, exact, bits + 4095));
  expect(worst).toBeLessThanOrEqual(LIMIT);
});

test.each([
  ["zero", 0x80000000, 0xff800000, 0xff800000],
  ["a denormal, as zero", 0x007fffff, 0x7f800000, 0x7f800000],
  ["infinity", 0x7f800000, 0, 0],
  ["a signaling NaN", 0x7f800001, 0x7fc00001, 0x7fc00001],
  ["a negative NaN", 0xff800001, 0xffc00001, 0xffc00001],
  ["minus infinity", 0xff800000, 0x80000000, 0xffc00000],
  ["a number whose reciprocal is tiny", 0x7e800000, 0, 0x1ffff000],
])("%s", (_, bits, asReciprocal, asRoot) => {
  expect([approximate(reciprocal, bits), approximate(reciprocalRoot, bits)]).toEqual([asReciprocal, asRoot]);
  expect(u.flags).toBe(0);
});
