import type { ColumnResult, DiffResult, MatrixResult } from "@hvdiff/lab";
import { matchesCell, matchesRow, parseQuery, type Query, type QueryCell, type QueryRow } from "@hvdiff/query";
import { type Arguments, lastValue } from "./arguments.ts";
import { CommandError } from "./command-error.ts";

/** The query of `--filter`; everything where there is none. Errors name the character. */
export function filterOf(given: Arguments, columns: readonly string[]): Query {
  const text = lastValue(given, "filter") ?? "";
  const parsed = parseQuery(text, { columns });
  if (parsed.ok) return parsed.query;
  const { message, start } = parsed.error;
  throw new CommandError(`--filter: ${message}, at character ${start + 1} of ${JSON.stringify(text)}`);
}

/** The matrix with the scenarios that fit. */
export function filteredMatrix(result: MatrixResult, query: Query): MatrixResult {
  return { ...result, rows: result.rows.filter((row) => matchesRow(query, row, result.columns)) };
}

/** The comparison with the reference and the columns that fit. */
export function filteredDiff(result: DiffResult, query: Query): DiffResult {
  const cells = result.columns.map(cellOf);
  const { id, title } = result.guest;
  const row: QueryRow = { scenario: { id, title, summary: "", tags: [], needs: [] }, cells };
  const columns = result.columns.filter((_, index) => index === 0 || matchesCell(query, cells[index]!, row));
  return { ...result, columns, different: columns.some((column) => isDifferent(column)) };
}

function isDifferent({ differences, firstDivergence }: ColumnResult): boolean {
  return differences.length > 0 || firstDivergence !== null;
}

function cellOf(column: ColumnResult): QueryCell {
  const { outcome, verdicts, differences, firstDivergence } = column;
  const causes = [
    ...differences.map(({ cause }) => cause),
    ...(firstDivergence === null ? [] : [firstDivergence.cause]),
  ];
  return {
    column: column.column,
    outcome,
    differing: differences.length,
    unattributed: causes.filter((cause) => cause.kind === "unattributed").length,
    quirks: causes.flatMap((cause) => (cause.kind === "quirks" ? cause.quirks.map((quirk) => quirk.id) : [])),
    exits: Object.keys(column.exits),
    differs: differences.map(({ verdict }) => verdict),
    signature: JSON.stringify([outcome.kind === "exit" ? outcome.text : outcome.kind, verdicts]),
  };
}
