import type { MatrixResult, ScenarioResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { columnName } from "../parts/column-name.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";
import type { CellDetails, PlacedCell } from "./cell-details.ts";
import { moveInGrid } from "./grid-keys.ts";
import { matrixCells, pendingCells } from "./matrix-cells.ts";
import { createNearRows } from "./near-rows.ts";
import { releaseSparklines } from "./release-sparklines.ts";
import type { RowGroup } from "./row-order.ts";

type Row = MatrixResult["rows"][number];

export interface MatrixTableOptions {
  readonly scenarios: readonly ScenarioResult[];
  readonly columns: readonly string[];
  readonly details: CellDetails;
  /** Where a cell leads. */
  href(scenario: string, column: string): string;
}

/**
 * A table that is filled row by row; on narrow screens its rows are cards. Its rows are laid out one by one by the style sheet, which leaves out those
 * that are not near the window: a matrix of thousands of cells stays quick.
 */
export interface MatrixTable {
  readonly element: HTMLElement;
  setColumns(columns: MatrixResult["columns"]): void;
  setRow(row: Row): void;
  /** Shows these rows, in this order, under their headings. */
  arrange(groups: readonly RowGroup[]): void;
}

export function createMatrixTable(options: MatrixTableOptions): MatrixTable {
  let columns: MatrixResult["columns"] = [];
  const head = h(
    "thead",
    { role: "rowgroup" },
    headerRow(options.columns.map((column) => ({ column, confidence: null }))),
  );
  const rows = new Map(options.scenarios.map((scenario) => [scenario.id, pendingRow(scenario, options.columns)]));
  const headings = new Map<string, HTMLElement>();
  const body = h("tbody", { role: "rowgroup" }, ...rows.values());
  const table = h(
    "table",
    { class: "matrix-table cards", role: "grid", "aria-label": "Scenarios by columns" },
    head,
    body,
  );
  table.style.setProperty("--columns", String(options.columns.length));
  const near = createNearRows(table);
  moveInGrid(table, near.draw);
  const placed = new WeakMap<Element, PlacedCell>();
  options.details.watch(table, placed);
  const heading = (text: string) => {
    const known = headings.get(text) ?? headingRow(text, options.columns.length);
    headings.set(text, known);
    return known;
  };
  const element = h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Matrix" }, table);
  return {
    element,
    setColumns(given) {
      columns = given;
      head.replaceChildren(headerRow(given));
    },
    setRow(row) {
      const element = rows.get(row.scenario.id);
      element?.classList.remove("pending");
      if (element === undefined) return;
      near.fill(element, () => [
        rowHeader(row.scenario, releaseSparklines(row, columns)),
        ...matrixCells(row, { href: options.href, placed }),
      ]);
    },
    arrange(groups) {
      const wanted = groups.flatMap(({ heading: text, scenarios }) => {
        const members = scenarios.flatMap(({ id }) => rows.get(id) ?? []);
        return text === "" || members.length === 0 ? members : [heading(text), ...members];
      });
      reconcile(body, wanted);
      near.settle();
      body.querySelector(".next")?.classList.remove("next");
      body.querySelector(".pending")?.classList.add("next");
    },
  };
}

/** Makes these the children, moving as few as the order allows from front to back: one that stands where it should keeps the focus. */
function reconcile(body: HTMLElement, wanted: readonly HTMLElement[]): void {
  const kept = new Set<Element>(wanted);
  for (const child of [...body.children]) if (!kept.has(child)) child.remove();
  let there = body.firstElementChild;
  for (const element of wanted) {
    if (there === element) there = element.nextElementSibling;
    else body.insertBefore(element, there);
  }
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

function headingRow(text: string, columns: number): HTMLElement {
  return h(
    "tr",
    { role: "row", class: "group-heading" },
    h("th", { role: "rowheader", scope: "rowgroup", colspan: columns + 1 }, h("span", {}, text)),
  );
}

function pendingRow(scenario: ScenarioResult, columns: readonly string[]): HTMLTableRowElement {
  return h("tr", { role: "row", class: "pending" }, rowHeader(scenario, null), ...pendingCells(columns));
}

function rowHeader(scenario: ScenarioResult, sparklines: HTMLElement | null): HTMLElement {
  return h(
    "th",
    { role: "rowheader", scope: "row" },
    h("span", { class: "scenario-id mono" }, scenario.id),
    h("span", { class: "scenario-title" }, scenario.title),
    sparklines,
  );
}
