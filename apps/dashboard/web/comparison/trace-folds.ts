import type { AlignmentRun } from "@hvdiff/charts";

/** Rows `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How much is shown at first: rows around each difference, and rows in all. */
export interface FoldLimits {
  readonly context: number;
  readonly rows: number;
}

/** A stretch of differing rows without an equal one between: what “next difference” stops at. */
export function differencesOf(runs: readonly AlignmentRun[]): Span[] {
  return joined(runs.filter((run) => run.kind !== "same"));
}

/** What is shown at first: each difference with some context, as far as the limit of rows goes. */
export function initialSpans(runs: readonly AlignmentRun[], limits: FoldLimits): Span[] {
  const total = runs.at(-1)?.end ?? 0;
  let left = limits.rows;
  const spans: Span[] = [];
  for (const { start, end } of differencesOf(runs)) {
    if (left <= 0) break;
    const from = Math.max(0, start - limits.context);
    const to = Math.min(total, end + limits.context, from + left);
    spans.push({ start: from, end: to });
    left -= to - from;
  }
  if (spans.length === 0) spans.push({ start: 0, end: Math.min(total, 2 * limits.context) });
  return joined(spans);
}

/** The rows that fit, each shown, as far as the limit goes. */
export function spansOf(rows: readonly number[], limit: number): Span[] {
  return joined(rows.slice(0, limit).map((row) => ({ start: row, end: row + 1 })));
}

/** The spans with another one shown too. */
export function reveal(spans: readonly Span[], shown: Span): Span[] {
  return joined([...spans, shown].sort((one, other) => one.start - other.start));
}

/** The stretches that are not shown. */
export function foldsOf(spans: readonly Span[], total: number): Span[] {
  const edges = [0, ...spans.flatMap(({ start, end }) => [start, end]), total];
  const folds: Span[] = [];
  for (let index = 0; index < edges.length; index += 2) {
    const [start = 0, end = 0] = edges.slice(index, index + 2);
    if (end > start) folds.push({ start, end });
  }
  return folds;
}

/** Whether a row is shown. */
export function isShown(spans: readonly Span[], row: number): boolean {
  return spans.some(({ start, end }) => row >= start && row < end);
}

function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { start, end } of spans) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else result.push({ start, end });
  }
  return result;
}
