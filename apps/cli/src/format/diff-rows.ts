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

/** The row that says how each column ended. */
export const OUTCOME = "outcome";

function outcomeCell(column: ColumnResult, reference: ColumnResult): VerdictCell {
  const difference = column.differences.find((candidate) => candidate.verdict === OUTCOME);
  const differs = difference !== undefined || column.outcome.text !== reference.outcome.text;
  return { column, value: column.outcome.text, differs, cause: difference?.cause ?? null };
}

function verdictCell(column: ColumnResult, verdict: string, difference: Difference | undefined): VerdictCell {
  const value = column.verdicts.find((candidate) => candidate.id === verdict)?.value ?? null;
  return { column, value, differs: difference !== undefined, cause: difference?.cause ?? null };
}

function rowOf(verdict: string, cells: readonly VerdictCell[]): VerdictRow {
  return { verdict, cells, differs: cells.some((cell) => cell.differs) };
}

/** The outcome and all verdicts, in the order in which they first appeared. */
export function verdictRows(result: DiffResult): VerdictRow[] {
  const reference = result.columns[0]!;
  const outcome = rowOf(
    OUTCOME,
    result.columns.map((column) => outcomeCell(column, reference)),
  );
  const rows = result.verdicts
    .filter((verdict) => verdict !== OUTCOME)
    .map((verdict) =>
      rowOf(
        verdict,
        result.columns.map((column) =>
          verdictCell(
            column,
            verdict,
            column.differences.find((difference) => difference.verdict === verdict),
          ),
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
