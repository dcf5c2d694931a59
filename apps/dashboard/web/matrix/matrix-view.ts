import { matrixChart } from "@hvdiff/charts";
import type { MatrixResult, QuirkResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { columnPicker } from "../parts/column-picker.ts";
import { cpuField, toggleField } from "../parts/controls.ts";
import { formatRoute, type MatrixRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";
import { cellInspector } from "./cell-inspector.ts";
import { matrixTable } from "./matrix-table.ts";

/** Scenarios x columns: who differs from the reference, where, and by how much. */
export function matrixView(route: MatrixRoute, context: ViewContext): View {
  const columns = route.on ?? context.choices.defaults;
  return {
    title: "Matrix",
    controls: controls(route, columns, context),
    load: load(route, context),
  };
}

function controls(route: MatrixRoute, columns: readonly string[], context: ViewContext): HTMLElement {
  const change = (part: Partial<MatrixRoute>) => context.go({ ...route, ...part });
  const shows = [
    { chart: false, text: "Cells" },
    { chart: true, text: "Chart" },
  ];
  return h(
    "section",
    { class: "controls" },
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, "Matrix"),
      h("p", { class: "lead" }, "The same guests on metal and under each hypervisor."),
    ),
    columnPicker({
      columns,
      known: context.knownColumns,
      isCustom: route.on !== null,
      onchange: (on) => change({ on }),
    }),
    h(
      "div",
      { class: "fields" },
      cpuField(context.choices, route.cpu, (cpu) => change({ cpu })),
      toggleField({
        label: "Only differences",
        key: "only-differences",
        on: !route.all,
        onchange: (on) => change({ all: !on }),
      }),
      h(
        "div",
        { class: "segments", role: "group", "aria-label": "Show as" },
        ...shows.map(({ chart, text }) =>
          h(
            "button",
            {
              type: "button",
              "aria-pressed": String(chart === route.chart),
              "data-key": `show-${text}`,
              onclick: () => change({ chart }),
            },
            text,
          ),
        ),
      ),
    ),
  );
}

async function load(route: MatrixRoute, { api }: ViewContext): Promise<HTMLElement> {
  const [matrix, quirks] = await Promise.all([api.matrix(route), api.quirks()]);
  const shown = route.all ? matrix : { ...matrix, rows: matrix.rows.filter(hasDifference) };
  const href = hrefTo(route, matrix);
  return h(
    "section",
    { class: "matrix", "aria-label": "Results" },
    h("p", { class: "summary", role: "status" }, summaryOf(matrix, shown)),
    shown.rows.length === 0 ? nothing(matrix) : drawn(route, { shown, href, quirks }),
  );
}

function drawn(
  route: MatrixRoute,
  results: { shown: MatrixResult; href: (scenario: string, column: string) => string; quirks: readonly QuirkResult[] },
): HTMLElement {
  const { shown, href } = results;
  if (route.chart) return h("div", { class: "scroll-x" }, matrixChart(shown, { document, href }));
  const inspector = cellInspector(shown, results.quirks);
  return h(
    "div",
    { class: "matrix-body" },
    matrixTable(shown, { href, oninspect: inspector.show }),
    inspector.element,
    h(
      "p",
      { class: "quiet note" },
      "Equal letters in a row: the guest's author sees no difference. Arrow keys move, Enter opens the comparison.",
    ),
  );
}

function hasDifference(row: MatrixResult["rows"][number]): boolean {
  const reference = row.cells[0]?.signature;
  return row.cells.some((cell) => cell.signature !== reference || cell.differing > 0 || cell.unattributed > 0);
}

/** A cell leads to its column against the reference; the reference's own to the first other column. */
function hrefTo(route: MatrixRoute, matrix: MatrixResult): (scenario: string, column: string) => string {
  const [left, second] = matrix.columns.map((column) => column.column);
  return (scenario, column) =>
    formatRoute({
      view: "compare",
      scenario,
      left: left ?? column,
      right: column === left ? (second ?? column) : column,
      cpu: route.cpu,
      quirks: [],
      all: false,
      row: null,
    });
}

function summaryOf(matrix: MatrixResult, shown: MatrixResult): string {
  const cells = matrix.rows.flatMap((row) => row.cells);
  const differing = matrix.rows.filter(hasDifference).length;
  const unexplained = cells.reduce((sum, cell) => sum + cell.unattributed, 0);
  const hidden = matrix.rows.length - shown.rows.length;
  return [
    `${differing} of ${count(matrix.rows.length, "scenario")} differ`,
    unexplained === 0 ? "every difference is explained" : `${count(unexplained, "difference")} unexplained`,
    hidden === 0 ? null : `${count(hidden, "scenario")} without differences hidden`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

function nothing(matrix: MatrixResult): HTMLElement {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, matrix.rows.length === 0 ? "There are no scenarios" : "No differences"),
    h("p", {}, "Every scenario ends the same in all of these columns."),
  );
}
