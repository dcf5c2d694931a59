import { signatureLetters } from "@hvdiff/charts";
import type { MatrixCell, MatrixResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import { columnName } from "../parts/column-name.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";
import { moveInGrid } from "./grid-keys.ts";

type Row = MatrixResult["rows"][number];

/** Where cells lead, and who shows details of the one that is pointed at. */
export interface MatrixTableOptions {
  href(scenario: string, column: string): string;
  oninspect(row: Row, cell: MatrixCell): void;
}

/** The matrix as a table; on narrow screens its rows are cards. */
export function matrixTable(matrix: MatrixResult, options: MatrixTableOptions): HTMLElement {
  const table = h(
    "table",
    { class: "matrix-table cards", role: "grid", "aria-label": "Scenarios by columns" },
    h("thead", { role: "rowgroup" }, headerRow(matrix)),
    h("tbody", { role: "rowgroup" }, ...matrix.rows.map((row) => tableRow(row, matrix, options))),
  );
  moveInGrid(table);
  return h("div", { class: "table-scroll", tabindex: -1 }, table);
}

function headerRow(matrix: MatrixResult): HTMLElement {
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "columnheader", scope: "col", class: "corner" }, "Scenario"),
    ...matrix.columns.map((column, index) =>
      h(
        "th",
        { role: "columnheader", scope: "col", class: index === 0 ? "reference" : null },
        columnName(column.column),
        column.confidence !== null && confidenceBadge(column.confidence),
      ),
    ),
  );
}

function tableRow(row: Row, matrix: MatrixResult, options: MatrixTableOptions): HTMLElement {
  const letters = signatureLetters(row.cells.map((cell) => cell.signature));
  return h(
    "tr",
    { role: "row" },
    h(
      "th",
      { role: "rowheader", scope: "row" },
      h("span", { class: "scenario-id mono" }, row.scenario.id),
      h("span", { class: "scenario-title" }, row.scenario.title),
    ),
    ...row.cells.map((cell, index) => {
      const look = lookOf(cell, row, index);
      const inspect = () => options.oninspect(row, cell);
      return h(
        "td",
        { role: "gridcell", class: `cell ${look}` },
        h(
          "a",
          {
            href: options.href(row.scenario.id, cell.column),
            "data-key": `cell-${row.scenario.id}-${cell.column}`,
            onfocus: inspect,
            onpointerenter: inspect,
          },
          h("span", { class: "cell-column", "aria-hidden": "true" }, columnName(matrix.columns[index]?.column ?? "")),
          h("span", { class: "letter", title: "Signature" }, letters[index] ?? ""),
          h("span", { class: "cell-words" }, ...wordsOf(cell, look, row)),
        ),
      );
    }),
  );
}

type Look = "reference" | "same" | "differs" | "unexplained";

function lookOf(cell: MatrixCell, row: Row, index: number): Look {
  if (index === 0) return "reference";
  if (cell.unattributed > 0) return "unexplained";
  return cell.signature === row.cells[0]?.signature && cell.differing === 0 ? "same" : "differs";
}

function wordsOf(cell: MatrixCell, look: Look, row: Row): Child[] {
  if (look === "reference") {
    return [
      h("span", { class: "cell-main" }, cell.outcome.text),
      h("span", { class: "cell-sub" }, count(cell.verdicts, "verdict")),
    ];
  }
  if (look === "same") return [h("span", { class: "cell-main" }, "same")];
  const isOtherEnd = cell.outcome.text !== row.cells[0]?.outcome.text;
  return [
    h("span", { class: "cell-main" }, h("strong", {}, cell.differing), ` of ${cell.verdicts} differ`),
    meter(cell),
    isOtherEnd && h("span", { class: "cell-outcome" }, cell.outcome.text),
    h("span", { class: "cell-sub" }, causesOf(cell)),
  ];
}

function meter(cell: MatrixCell): HTMLElement {
  const filled = h("span", { class: "meter-filled" });
  filled.style.width = `${(100 * cell.differing) / Math.max(1, cell.verdicts)}%`;
  return h("span", { class: "meter", "aria-hidden": "true" }, filled);
}

function causesOf(cell: MatrixCell): string {
  const parts = [
    cell.quirks.length === 0 ? null : count(cell.quirks.length, "cause"),
    cell.unattributed === 0 ? null : `${cell.unattributed} unexplained`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
