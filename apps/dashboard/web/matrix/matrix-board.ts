import { matrixChart } from "@hvdiff/charts";
import type { MatrixResult, QuirkResult, ScenarioResult } from "@hvdiff/lab";
import { isDifferent, matchesRow, type Query } from "@hvdiff/query";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { fittedChart } from "../parts/fitted-chart.ts";
import type { MatrixGroup, MatrixSort } from "../route.ts";
import { createCellDetails } from "./cell-details.ts";
import { createMatrixTable } from "./matrix-table.ts";
import { orderRows, type RowGroup } from "./row-order.ts";

type Row = MatrixResult["rows"][number];

/** Which rows are shown, and in which order. */
export interface MatrixArrangement {
  /** Also scenarios without differences. */
  readonly all: boolean;
  readonly query: Query;
  readonly group: MatrixGroup;
  readonly sort: MatrixSort;
}

export interface MatrixBoardOptions {
  readonly scenarios: readonly ScenarioResult[];
  readonly columns: readonly string[];
  readonly quirks: readonly QuirkResult[];
  /** As a chart instead of a table. */
  readonly chart: boolean;
  readonly arrangement: MatrixArrangement;
  href(scenario: string, column: string): string;
}

/** The matrix with what is known so far. */
export interface MatrixBoard {
  readonly element: HTMLElement;
  /** Adds the rows of a part of the matrix; they are shown with the next frame. */
  add(part: MatrixResult): void;
  arrange(arrangement: MatrixArrangement): void;
  readonly known: ReadonlyMap<string, Row>;
}

/** How the rows are drawn. */
interface Body {
  readonly element: HTMLElement;
  add(part: MatrixResult): void;
  /** Shows these; rows that are not known yet among them. */
  show(groups: readonly RowGroup[]): void;
}

function hasDifference(row: Row): boolean {
  return row.cells.some((cell) => isDifferent(cell, row));
}

export function createMatrixBoard(options: MatrixBoardOptions): MatrixBoard {
  const known = new Map<string, Row>();
  let { arrangement } = options;
  let columns: MatrixResult["columns"] = [];
  const summary = h("p", { class: "summary", role: "status" });
  const empty = h("div", { class: "state", hidden: true });
  const body = options.chart ? chartBody(options, known) : tableBody(options);
  const isShown = (row: Row | undefined) =>
    row === undefined || ((arrangement.all || hasDifference(row)) && matchesRow(arrangement.query, row, columns));
  const show = () => {
    const groups = orderRows(options.scenarios, known, arrangement)
      .map((group) => ({ ...group, scenarios: group.scenarios.filter(({ id }) => isShown(known.get(id))) }))
      .filter(({ scenarios }) => scenarios.length > 0);
    body.show(groups);
    const busy = String(known.size < options.scenarios.length);
    if (element.ariaBusy !== busy) element.ariaBusy = busy;
    const shown = [...known.values()].filter(isShown).length;
    summary.textContent = summaryOf([...known.values()], options.scenarios.length, shown);
    const isNothing = known.size === options.scenarios.length && shown === 0;
    empty.hidden = !isNothing;
    body.element.hidden = isNothing;
    if (isNothing) empty.replaceChildren(...nothing(known, arrangement.query));
  };
  let isWaiting = false;
  const showSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      show();
    });
  };
  const element = h("section", { class: "matrix", "aria-label": "Results" }, summary, body.element, empty);
  show();
  return {
    element,
    known,
    add(part) {
      columns = part.columns;
      for (const row of part.rows) known.set(row.scenario.id, row);
      body.add(part);
      showSoon();
    },
    arrange(next) {
      arrangement = next;
      show();
    },
  };
}

function tableBody(options: MatrixBoardOptions): Body {
  const details = createCellDetails(options.quirks);
  const table = createMatrixTable({ ...options, details });
  const note =
    "Equal letters in a row: the guest's author sees no difference. Arrow keys move, Enter opens the comparison.";
  let hasColumns = false;
  return {
    element: h("div", { class: "matrix-body" }, table.element, details.element, h("p", { class: "quiet note" }, note)),
    add(part) {
      if (!hasColumns) table.setColumns(part.columns);
      hasColumns = true;
      for (const row of part.rows) table.setRow(row);
    },
    show: (groups) => table.arrange(groups),
  };
}

function chartBody(options: MatrixBoardOptions, known: ReadonlyMap<string, Row>): Body {
  const element = h("div", {}, h("span", { class: "pulse" }));
  let latest: MatrixResult | null = null;
  return {
    element,
    add(part) {
      latest = part;
    },
    show(groups) {
      if (latest === null) return;
      const rows = groups.flatMap(({ scenarios }) => scenarios.flatMap(({ id }) => known.get(id) ?? []));
      element.replaceChildren(fittedChart(matrixChart({ ...latest, rows }, { document, href: options.href })));
    },
  };
}

function summaryOf(known: readonly Row[], total: number, shown: number): string {
  const differing = known.filter(hasDifference).length;
  const unexplained = known.flatMap((row) => row.cells).reduce((sum, cell) => sum + cell.unattributed, 0);
  const same = known.length - differing;
  const hidden = known.length - shown;
  const isDone = known.length === total;
  return [
    isDone ? null : `Running: ${known.length} of ${count(total, "scenario")} done`,
    known.length === 0 ? null : `${differing} of ${count(known.length, "scenario")} differ`,
    isDone && unexplained === 0 ? "every difference is explained" : null,
    unexplained === 0 ? null : `${count(unexplained, "difference")} unexplained`,
    hidden === 0 ? null : `${count(hidden, "scenario")} ${hidden === same ? "without differences " : ""}hidden`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

function nothing(known: ReadonlyMap<string, Row>, query: Query): HTMLElement[] {
  if (known.size === 0) return [h("h2", {}, "There are no scenarios")];
  if (query.kind === "everything") {
    return [h("h2", {}, "No differences"), h("p", {}, "Every scenario ends the same in all of these columns.")];
  }
  return [
    h("h2", {}, "Nothing fits"),
    h("p", {}, "No scenario fits the query. “Only differences” hides those that are the same everywhere."),
  ];
}
