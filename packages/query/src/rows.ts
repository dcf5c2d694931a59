import type { MatrixCell, ScenarioResult } from "@hvdiff/lab";
import type { QueryColumn } from "./columns.ts";

/** What a query looks at in a cell; a cell of the lab's matrix is one. */
export type QueryCell = Pick<
  MatrixCell,
  "column" | "outcome" | "differing" | "unattributed" | "quirks" | "signature" | "exits" | "differs"
>;

/** A row of the matrix; the first cell is the reference's. */
export interface QueryRow {
  readonly scenario: Pick<ScenarioResult, "id" | "title" | "summary" | "tags" | "needs">;
  readonly cells: readonly QueryCell[];
}

/** A row with the columns that its cells stand in, or one cell of it. */
export interface Subject {
  readonly row: QueryRow;
  readonly columns: readonly QueryColumn[];
}

/** Whether a cell is not like the reference's. */
export function isDifferent(cell: QueryCell, row: QueryRow): boolean {
  return cell.signature !== row.cells[0]?.signature || cell.differing > 0 || cell.unattributed > 0;
}

/** The cells that a row-wide condition ranges over: all but the reference's, or that one where it is alone. */
export function comparedCells(row: QueryRow): readonly QueryCell[] {
  return row.cells.length > 1 ? row.cells.slice(1) : row.cells;
}
