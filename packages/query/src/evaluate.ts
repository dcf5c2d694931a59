import { type QueryColumn, releasesOf, selects } from "./columns.ts";
import { comparedCells, type QueryCell, type QueryRow, type Subject } from "./rows.ts";
import type { Quantity, Query, Term } from "./syntax.ts";
import { columnIs, KEYS } from "./terms.ts";

/** Whether a row of the matrix fits the query. */
export function matchesRow(query: Query, row: QueryRow, columns: readonly QueryColumn[]): boolean {
  const subject = { row, columns };
  switch (query.kind) {
    case "everything":
      return true;
    case "term":
      return termFitsRow(query.term, row);
    case "not":
      return !matchesRow(query.part, row, columns);
    case "and":
      return query.parts.every((part) => matchesRow(part, row, columns));
    case "or":
      return query.parts.some((part) => matchesRow(part, row, columns));
    case "seq":
      return sequenceFits(query.parts, subject);
    case "count":
      return quantityFits(query.quantity, fittingCells(query.part, row));
    case "exists":
      return fittingCells(query.part, row) > 0;
    case "none":
      return fittingCells(query.part, row) === 0;
    case "all":
      return fittingCells(query.part, row) === comparedCells(row).length;
  }
}

function fittingCells(query: Query, row: QueryRow): number {
  return comparedCells(row).filter((cell) => matchesCell(query, cell, row)).length;
}

function quantityFits({ compare, number }: Quantity, count: number): boolean {
  if (compare === "=") return count === number;
  if (compare === "<") return count < number;
  if (compare === ">") return count > number;
  return compare === "<=" ? count <= number : count >= number;
}

/** A condition on a whole row: one cell that fits. What is the same, or explained, is so throughout. */
function termFitsRow(term: Term, row: QueryRow): boolean {
  const key = KEYS[term.key];
  if (key === undefined) return row.cells.some((cell) => cellOfSelector(term, cell, row));
  if (key.row !== undefined) return key.row(term.value, row) !== term.negated;
  const cells = comparedCells(row);
  const isUniversal = term.key === "is" && (term.value === "same" || term.value === "explained");
  const fitsOne = (cell: QueryCell) => key.cell?.(term.value, cell, row) === true;
  return (isUniversal ? cells.every(fitsOne) : cells.some(fitsOne)) !== term.negated;
}

/** Whether a single cell fits the query, for what ranges over cells and for lists of columns. */
export function matchesCell(query: Query, cell: QueryCell, row: QueryRow): boolean {
  switch (query.kind) {
    case "everything":
      return true;
    case "term":
      return termFitsCell(query.term, cell, row);
    case "not":
      return !matchesCell(query.part, cell, row);
    case "or":
      return query.parts.some((part) => matchesCell(part, cell, row));
    case "and":
      return query.parts.every((part) => matchesCell(part, cell, row));
    default:
      // The parser lets nothing that ranges over cells stand here.
      return false;
  }
}

function termFitsCell(term: Term, cell: QueryCell, row: QueryRow): boolean {
  const key = KEYS[term.key];
  if (key === undefined) return cellOfSelector(term, cell, row);
  const fitsIt = key.row?.(term.value, row) ?? key.cell?.(term.value, cell, row) ?? false;
  return fitsIt !== term.negated;
}

/** `kvm:!metal`: the cell is one of KVM's, and not like metal's. */
function cellOfSelector(term: Term, cell: QueryCell, row: QueryRow): boolean {
  return selects(term.key, cell.column) && columnIs(term.value, cell, row) !== term.negated;
}

function sequenceFits(parts: readonly Query[], { row, columns }: Subject): boolean {
  return releasesOf(columns).some(({ positions }) =>
    positions.some((_, start) =>
      parts.every((part, offset) => {
        const cell = row.cells[positions[start + offset] ?? -1];
        return cell !== undefined && matchesCell(part, cell, row);
      }),
    ),
  );
}
