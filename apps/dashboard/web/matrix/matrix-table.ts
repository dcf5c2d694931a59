import type { MatrixResult, ScenarioResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { columnName } from "../parts/column-name.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";
import { moveInGrid } from "./grid-keys.ts";
import { matrixCells, pendingCells, type RowOptions } from "./matrix-cells.ts";

type Row = MatrixResult["rows"][number];

export interface MatrixTableOptions extends RowOptions {
  readonly scenarios: readonly ScenarioResult[];
  readonly columns: readonly string[];
}

/** A table that is filled row by row; on narrow screens its rows are cards. */
export interface MatrixTable {
  readonly element: HTMLElement;
  setColumns(columns: MatrixResult["columns"]): void;
  setRow(row: Row): void;
  removeRow(scenario: string): void;
}

export function createMatrixTable(options: MatrixTableOptions): MatrixTable {
  const head = h(
    "thead",
    { role: "rowgroup" },
    headerRow(options.columns.map((column) => ({ column, confidence: null }))),
  );
  const rows = new Map(options.scenarios.map((scenario) => [scenario.id, pendingRow(scenario, options.columns)]));
  const table = h(
    "table",
    { class: "matrix-table cards", role: "grid", "aria-label": "Scenarios by columns" },
    head,
    h("tbody", { role: "rowgroup" }, ...rows.values()),
  );
  moveInGrid(table);
  return {
    element: h("div", { class: "table-scroll" }, table),
    setColumns: (columns) => head.replaceChildren(headerRow(columns)),
    setRow(row) {
      const element = rows.get(row.scenario.id);
      element?.classList.remove("pending");
      element?.replaceChildren(rowHeader(row.scenario), ...matrixCells(row, options));
    },
    removeRow: (scenario) => rows.get(scenario)?.remove(),
  };
}

function headerRow(columns: readonly Pick<MatrixResult["columns"][number], "column" | "confidence">[]): HTMLElement {
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "columnheader", scope: "col", class: "corner" }, "Scenario"),
    ...columns.map(({ column, confidence }, index) =>
      h(
        "th",
        { role: "columnheader", scope: "col", class: index === 0 ? "reference" : null },
        columnName(column),
        confidence !== null && confidenceBadge(confidence),
      ),
    ),
  );
}

function pendingRow(scenario: ScenarioResult, columns: readonly string[]): HTMLTableRowElement {
  return h("tr", { role: "row", class: "pending" }, rowHeader(scenario), ...pendingCells(columns));
}

function rowHeader(scenario: ScenarioResult): HTMLElement {
  return h(
    "th",
    { role: "rowheader", scope: "row" },
    h("span", { class: "scenario-id mono" }, scenario.id),
    h("span", { class: "scenario-title" }, scenario.title),
  );
}
