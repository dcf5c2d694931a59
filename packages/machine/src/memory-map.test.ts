import { expect, test } from "vitest";
import { lowRamEnd, memoryMap, ramRanges } from "./memory-map.ts";

const MIB = 0x100000;
const FOUR_GIB = 0x1_0000_0000;

test.each([
  [64, 64, 0],
  [3583, 3583, 0],
  [3584, 3072, 512],
  [4096, 3072, 1024],
  [16384, 3072, 13312],
])("%i MiB of RAM: %i MiB below 4 GiB, %i above", (size, low, high) => {
  expect(lowRamEnd(size * MIB)).toBe(low * MIB);
  const above = ramRanges(size * MIB).find(({ base }) => base === FOUR_GIB);
  expect(above?.size ?? 0).toBe(high * MIB);
});

test.each([64, 4096])("every usable range of a map of %i MiB is RAM, ascending, and none overlaps", (size) => {
  const ram = ramRanges(size * MIB);
  const map = memoryMap(size * MIB);
  map.forEach((entry, index) => {
    expect(entry.base).toBeGreaterThanOrEqual(index === 0 ? 0 : map[index - 1]!.base + map[index - 1]!.size);
    if (entry.type === 1)
      expect(ram.some((r) => entry.base >= r.base && entry.base + entry.size <= r.base + r.size)).toBe(true);
  });
});
