import type { AlignmentRun } from "@hvdiff/charts";
import { expect, test } from "vitest";
import { differencesOf, foldsOf, initialSpans, isShown, reveal } from "./trace-folds.ts";

function run(kind: AlignmentRun["kind"], start: number, end: number): AlignmentRun {
  return { kind, start, end };
}

const RUNS = [
  run("same", 0, 100),
  run("changed", 100, 101),
  run("only-left", 101, 103),
  run("same", 103, 500),
  run("only-right", 500, 501),
  run("same", 501, 1000),
];

test("neighbouring runs that differ are one difference", () => {
  expect(differencesOf(RUNS)).toEqual([
    { start: 100, end: 103 },
    { start: 500, end: 501 },
  ]);
});

test("at first each difference is shown with its context", () => {
  expect(initialSpans(RUNS, { context: 3, rows: 100 })).toEqual([
    { start: 97, end: 106 },
    { start: 497, end: 504 },
  ]);
});

test("contexts that touch are shown as one stretch", () => {
  expect(initialSpans(RUNS, { context: 200, rows: 10_000 })).toEqual([{ start: 0, end: 701 }]);
});

test("a trace with very many differences is shown up to the limit", () => {
  const spans = initialSpans([run("only-left", 0, 100_000)], { context: 3, rows: 400 });
  expect(spans).toEqual([{ start: 0, end: 400 }]);
});

test("equal traces show their beginning", () => {
  expect(initialSpans([run("same", 0, 1000)], { context: 3, rows: 100 })).toEqual([{ start: 0, end: 6 }]);
  expect(initialSpans([], { context: 3, rows: 100 })).toEqual([{ start: 0, end: 0 }]);
});

test("what is not shown is folded, and revealing joins stretches", () => {
  const spans = initialSpans(RUNS, { context: 3, rows: 100 });
  expect(foldsOf(spans, 1000)).toEqual([
    { start: 0, end: 97 },
    { start: 106, end: 497 },
    { start: 504, end: 1000 },
  ]);
  expect(reveal(spans, { start: 106, end: 497 })).toEqual([{ start: 97, end: 504 }]);
  expect(isShown(spans, 106)).toBe(false);
  expect(isShown(reveal(spans, { start: 106, end: 107 }), 106)).toBe(true);
});
