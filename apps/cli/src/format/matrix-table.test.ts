import { expect, test } from "vitest";
import { createFakeLab } from "../../test/fake-lab.ts";
import { PLAIN } from "../text/palette.ts";
import { matrixTable } from "./matrix-table.ts";
import { numberRanges } from "./numbered-causes.ts";

test("numbers in a row are told as a range", () => {
  expect(numberRanges([3, 1, 2, 7, 7, 9, 10])).toBe("1-3 7 9-10");
  expect(numberRanges([])).toBe("");
});

test("where the names do not fit, letters head the columns", () => {
  const lab = createFakeLab();
  const columns = [
    "metal",
    ...["5.4", "5.15", "6.1", "6.6"].map((version) => `kvm@${version}+qemu@8.2/Skylake-Client`),
  ];
  const text = matrixTable(lab.matrix(columns), lab.quirks(), { palette: PLAIN, width: 60, all: false });
  expect(text).toContain("  B  kvm@5.4+qemu@8.2/Skylake-Client   source\n");
  expect(text).toMatch(/^SCENARIO +A +B +C +D +E$/m);
  expect(text.split("\n").filter((line) => line.length > 60)).toEqual([]);
});
