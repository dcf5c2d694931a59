import { expect, test } from "vitest";
import { rowsFixture } from "../test/fixtures.ts";
import { alignmentRuns } from "./alignment-runs.ts";

test("neighbouring rows of one kind make one run", () => {
  expect(alignmentRuns(rowsFixture("sscr"))).toEqual([
    { kind: "same", start: 0, end: 2 },
    { kind: "changed", start: 2, end: 3 },
    { kind: "only-right", start: 3, end: 4 },
  ]);
});

test("no rows make no runs", () => {
  expect(alignmentRuns([])).toEqual([]);
});
