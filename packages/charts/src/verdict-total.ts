import type { MatrixCell } from "@hvdiff/lab";

/** Of how many verdicts some differ: a column that ended early, or skipped, printed fewer than the reference. */
export function verdictTotal(cell: MatrixCell, reference: MatrixCell | undefined): number {
  return Math.max(cell.verdicts, reference?.verdicts ?? 0, cell.differing);
}
