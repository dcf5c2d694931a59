import { matrixChart } from "@hvdiff/charts";
import type { MatrixResult, QuirkResult, ScenarioResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { fittedChart } from "../parts/fitted-chart.ts";
import { createCellDetails } from "./cell-details.ts";
import { createMatrixTable } from "./matrix-table.ts";

type Row = MatrixResult["rows"][number];

export interface MatrixBoardOptions {
  readonly scenarios: readonly ScenarioResult[];
  readonly columns: readonly string[];
  readonly quirks: readonly QuirkResult[];
  /** Also scenarios without differences. */
  readonly all: boolean;
  /** As a chart instead of a table. */
  readonly chart: boolean;
  href(scenario: string, column: string): string;
}

/** The matrix with what is known so far. */
export interface MatrixBoard {
  readonly element: HTMLElement;
  /** Adds the rows of a part of the matrix. */
  add(part: MatrixResult): void;
}

/** Whether any column of a row is not like the reference. */
export function hasDifference({ cells }: Row): boolean {
  return cells.some((cell) => cell.signature !== cells[0]?.signature || cell.differing > 0 || cell.unattributed > 0);
}

export function createMatrixBoard(options: MatrixBoardOptions): MatrixBoard {
  const known: Row[] = [];
  const summary = h("p", { class: "summary", role: "status" });
  const body = options.chart ? chartBody(options) : tableBody(options);
  const element = h("section", { class: "matrix", "aria-label": "Results" }, summary, body.element);
  const tell = () => {
    summary.textContent = summaryOf(known, options);
    const isDone = known.length === options.scenarios.length;
    if (isDone && !options.all && !known.some(hasDifference)) body.element.replaceWith(nothing(known.length));
  };
  tell();
  return {
    element,
    add(part) {
      known.push(...part.rows);
      body.add(part);
      tell();
    },
  };
}

function tableBody(options: MatrixBoardOptions): MatrixBoard {
  const details = createCellDetails(options.quirks);
  const table = createMatrixTable({ ...options, details });
  const note =
    "Equal letters in a row: the guest's author sees no difference. Arrow keys move, Enter opens the comparison.";
  return {
    element: h("div", { class: "matrix-body" }, table.element, details.element, h("p", { class: "quiet note" }, note)),
    add(part) {
      table.setColumns(part.columns);
      for (const row of part.rows) {
        if (options.all || hasDifference(row)) table.setRow(row);
        else table.removeRow(row.scenario.id);
      }
    },
  };
}

function chartBody(options: MatrixBoardOptions): MatrixBoard {
  const element = h("div", {}, h("span", { class: "pulse" }));
  const rows: Row[] = [];
  return {
    element,
    add(part) {
      rows.push(...part.rows.filter((row) => options.all || hasDifference(row)));
      element.replaceChildren(fittedChart(matrixChart({ ...part, rows }, { document, href: options.href })));
    },
  };
}

function summaryOf(known: readonly Row[], { scenarios, all }: MatrixBoardOptions): string {
  const differing = known.filter(hasDifference).length;
  const unexplained = known.flatMap((row) => row.cells).reduce((sum, cell) => sum + cell.unattributed, 0);
  const hidden = all ? 0 : known.length - differing;
  const isDone = known.length === scenarios.length;
  return [
    isDone ? null : `Running: ${known.length} of ${count(scenarios.length, "scenario")} done`,
    known.length === 0 ? null : `${differing} of ${count(known.length, "scenario")} differ`,
    isDone && unexplained === 0 ? "every difference is explained" : null,
    unexplained === 0 ? null : `${count(unexplained, "difference")} unexplained`,
    hidden === 0 ? null : `${count(hidden, "scenario")} without differences hidden`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

function nothing(scenarios: number): HTMLElement {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, scenarios === 0 ? "There are no scenarios" : "No differences"),
    h("p", {}, "Every scenario ends the same in all of these columns."),
  );
}
