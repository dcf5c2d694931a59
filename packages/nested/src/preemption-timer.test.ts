import { expect, test } from "vitest";
import { ticksOfL1, ticksOfSilicon } from "./preemption-timer.ts";

test.each([
  [128, 4, 32],
  [1, 4, 1],
  [0, 4, 0],
  [10, 1, 10],
  [10, 1 / 32, 320],
])("%i of L1's ticks, each 1/%d of silicon's, are %i of silicon's", (ticks, scale, expected) => {
  expect(ticksOfSilicon(ticks, scale)).toBe(expected);
});

test("neither timer runs over", () => {
  expect(ticksOfSilicon(0xffff_ffff, 1 / 32) >>> 0).toBe(0xffff_ffff);
  expect(ticksOfL1(0x8000_0000, 4) >>> 0).toBe(0xffff_ffff);
  expect(ticksOfL1(0x1000_0000, 4) >>> 0).toBe(0x4000_0000);
});
