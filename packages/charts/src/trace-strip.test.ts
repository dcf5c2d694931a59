// @vitest-environment jsdom
import { expect, test } from "vitest";
import { rowsFixture } from "../test/fixtures.ts";
import { svgText } from "../test/svg-text.ts";
import { traceStrip } from "./trace-strip.ts";

test("the trace strip draws equal stretches in both lanes and lone events in their own", async () => {
  const svg = traceStrip(rowsFixture("sssssscsslllrrss"), { document, width: 160, mark: 6 });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/trace-strip.svg");
});

test("a single differing row among very many stays visible", () => {
  const rows = rowsFixture(`${"s".repeat(50_000)}r${"s".repeat(50_000)}`);
  const drawn = [...traceStrip(rows, { document, width: 400 }).querySelectorAll(".hv-run-only-right")];
  expect(drawn.map((run) => Number(run.getAttribute("width")))).toEqual([2]);
});

test("the trace strip's name counts the rows of each kind", () => {
  expect(traceStrip(rowsFixture("sclr"), { document }).getAttribute("aria-label")).toBe(
    "Alignment of 4 rows: 1 same, 1 changed, 1 only left, 1 only right",
  );
});

test("empty traces give an empty strip", () => {
  expect(traceStrip([], { document }).querySelectorAll("rect")).toHaveLength(0);
});
