import type { AlignedKind, AlignedRow } from "@hvdiff/lab";

/** A stretch of neighbouring rows of one kind: `[start, end)`. */
export interface AlignmentRun {
  readonly kind: AlignedKind;
  readonly start: number;
  readonly end: number;
}

/** Aligned rows as runs of equal kind, in order, without gaps. */
export function alignmentRuns(rows: readonly Pick<AlignedRow, "kind">[]): AlignmentRun[] {
  const runs: AlignmentRun[] = [];
  let start = 0;
  rows.forEach((row, index) => {
    if (rows[index + 1]?.kind === row.kind) return;
    runs.push({ kind: row.kind, start, end: index + 1 });
    start = index + 1;
  });
  return runs;
}
