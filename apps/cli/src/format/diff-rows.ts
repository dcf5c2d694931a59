import type { Cause, ColumnResult, Difference, DiffResult } from "@hvdiff/lab";

/** One verdict in one column. */
export interface VerdictCell {
  readonly column: ColumnResult;
  /** Null where the column did not get as far. */
  readonly value: string | null;
  /** Null where it equals the reference. */
  readonly cause: Cause | null;
  readonly differs: boolean;
}

/** One verdict over all columns, the reference first. */
export interface VerdictRow {
  readonly verdict: string;
  readonly cells: readonly VerdictCell[];
  readonly differs: boolean;
}

/** The row that says how each column ended, and the lab's name for a difference there. */
export const OUTCOME = "(outcome)";

function outcomeCell(column: ColumnResult): VerdictCell {
  const difference = column.differences.find((candidate) => candidate.verdict === OUTCOME);
  return { column, value: column.outcome.text, differs: difference !== undefined, cause: difference?.cause ?? null };
}

function verdictCell(column: ColumnResult, value: string | null, difference: Difference | undefined): VerdictCell {
  return { column, value, differs: difference !== undefined, cause: difference?.cause ?? null };
}

function rowOf(verdict: string, cells: readonly VerdictCell[]): VerdictRow {
  return { verdict, cells, differs: cells.some((cell) => cell.differs) };
}

/** The outcome and all verdicts, in the order in which they first appeared. */
export function verdictRows(result: DiffResult): VerdictRow[] {
  const outcome = rowOf(OUTCOME, result.columns.map(outcomeCell));
  // Test suites print thousands of verdicts.
  const known = result.columns.map((column) => ({
    column,
    values: new Map(column.verdicts.map(({ id, value }) => [id, value])),
    differences: new Map(column.differences.map((difference) => [difference.verdict, difference])),
  }));
  const rows = result.verdicts
    .filter((verdict) => verdict !== OUTCOME)
    .map((verdict) =>
      rowOf(
        verdict,
        known.map(({ column, values, differences }) =>
          verdictCell(column, values.get(verdict) ?? null, differences.get(verdict)),
        ),
      ),
    );
  return [outcome, ...rows];
}

/** Cells with the same key, in order: columns that say the same for the same reason are told once. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** `1 verdict`, `3 verdicts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Every cause in a result: of the verdicts, then of the first divergences. */
export function causesOf(result: DiffResult): Cause[] {
  return [
    ...result.columns.flatMap((column) => column.differences.map((difference) => difference.cause)),
    ...result.columns.flatMap((column) => (column.firstDivergence === null ? [] : [column.firstDivergence.cause])),
  ];
}
