import type { AlignedRow, ColumnResult, CompareResult, EventResult } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { otherColumn } from "./other-columns.ts";

function event(index: number, text: string): EventResult {
  return { index, vcpu: 0, level: 1, time: index, kind: "cpuid", data: {}, text };
}

function row(left: EventResult | null, right: EventResult | null): AlignedRow {
  const kind =
    left === null ? "only-right" : right === null ? "only-left" : left.text === right.text ? "same" : "changed";
  return { kind, left, right };
}

test("a further column is laid beside the reference's events, with what it has beyond them counted", () => {
  const rows = [
    row(event(0, "a"), event(0, "a")),
    row(null, event(1, "x")),
    row(null, event(2, "y")),
    row(event(1, "b"), null),
    row(event(2, "c"), event(3, "z")),
  ];
  const right = { column: "kvm@6.6" } as ColumnResult;
  const other = otherColumn({ right, rows } as unknown as CompareResult);
  expect(rows.flatMap(({ left }) => (left === null ? [] : [other.at(left)]))).toEqual([
    { event: event(0, "a"), more: 2 },
    { event: null, more: 0 },
    { event: event(3, "z"), more: 0 },
  ]);
  expect(other.at(event(9, "none"))).toEqual({ event: null, more: 0 });
});
