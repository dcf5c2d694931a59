import type { Cause, ColumnResult, DiffResult, Verdict } from "@hvdiff/lab";
import { endedRegularly } from "../exit-code.ts";
import { causeText } from "./causes.ts";
import { OUTCOME, type VerdictRow, verdictRows } from "./diff-rows.ts";

/** One test as TAP and JUnit know it. */
export interface TestPoint {
  /** The column that it ran on. */
  readonly column: string;
  readonly name: string;
  readonly result: "ok" | "not ok" | "skipped" | "expected failure";
  /** What was seen. */
  readonly value: string;
  /** More about a test that is not ok: names and what they stand for. */
  readonly details: Readonly<Record<string, string>>;
}

const RESULTS: Readonly<Record<NonNullable<Verdict["status"]>, TestPoint["result"]>> = {
  pass: "ok",
  skip: "skipped",
  fail: "not ok",
  "unexpected-pass": "not ok",
  "expected-failure": "expected failure",
};

/** The tests of one column's run: its verdicts, and whether it came to a regular end. */
export function runPoints(column: ColumnResult): TestPoint[] {
  const points = column.verdicts.map(
    (verdict): TestPoint => ({
      column: column.full,
      name: verdict.id,
      result: verdict.status === undefined ? "ok" : RESULTS[verdict.status],
      value: verdict.value,
      details: {},
    }),
  );
  const { where, text } = column.outcome;
  const outcome: TestPoint = {
    column: column.full,
    name: OUTCOME,
    result: endedRegularly(column) ? "ok" : "not ok",
    value: text,
    details: where === undefined ? {} : { rip: where.rip },
  };
  return [...points, outcome];
}

/** The tests of a comparison: each column but the first is to agree with the first in every verdict, the outcome and the trace. */
export function diffPoints(result: DiffResult): TestPoint[] {
  const rows = verdictRows(result);
  return result.columns
    .slice(1)
    .flatMap((column, index) => [
      ...rows.map((row) => verdictPoint(row, index + 1)),
      tracePoint(column, result.reference),
    ]);
}

function verdictPoint(row: VerdictRow, index: number): TestPoint {
  const reference = row.cells[0]!;
  const { column, value, differs, cause } = row.cells[index]!;
  const skipped = column.verdicts.find(({ id }) => id === row.verdict)?.status === "skip";
  return {
    column: column.full,
    name: row.verdict,
    result: differs ? "not ok" : skipped ? "skipped" : "ok",
    value: shown(value),
    details: differs ? { [reference.column.column]: shown(reference.value), ...causeDetail(cause) } : {},
  };
}

function tracePoint(column: ColumnResult, reference: string): TestPoint {
  const first = column.firstDivergence;
  const common = { column: column.full, name: "(trace)" };
  if (first === null) return { ...common, result: "ok", value: "same", details: {} };
  return {
    ...common,
    result: "not ok",
    value: first.right?.text ?? "(no such event)",
    details: { [reference]: first.left?.text ?? "(no such event)", row: `${first.row}`, ...causeDetail(first.cause) },
  };
}

function shown(value: string | null): string {
  return value ?? "(not printed)";
}

function causeDetail(cause: Cause | null): Record<string, string> {
  return cause === null ? {} : { cause: causeText(cause) };
}
