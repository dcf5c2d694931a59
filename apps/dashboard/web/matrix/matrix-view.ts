import type { MatrixResult, QuirkResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { columnPicker } from "../parts/column-picker.ts";
import { cpuField, toggleField } from "../parts/controls.ts";
import { formatRoute, type MatrixRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";
import { createMatrixBoard, type MatrixBoard } from "./matrix-board.ts";

/** Scenarios x columns: who differs from the reference, where, and by how much. */
export function matrixView(route: MatrixRoute, context: ViewContext): View {
  const columns = route.on ?? context.choices.defaults;
  const stopped = new AbortController();
  const load = async () => {
    const quirks = await context.api.quirks();
    const board = createBoard(route, { context, columns, quirks });
    fill(board, { route, context, stopped: stopped.signal }).catch((error: unknown) => {
      if (!stopped.signal.aborted) context.fail(error);
    });
    return board.element;
  };
  return {
    title: "Matrix",
    controls: controls(route, columns, context),
    load: load(),
    stop: () => stopped.abort(),
  };
}

function createBoard(
  route: MatrixRoute,
  given: { context: ViewContext; columns: readonly string[]; quirks: readonly QuirkResult[] },
): MatrixBoard {
  const { columns, quirks } = given;
  return createMatrixBoard({
    scenarios: given.context.scenarios,
    columns,
    quirks,
    all: route.all,
    chart: route.chart,
    href: (scenario, column) => linkToCell(route, columns, { scenario, column }),
  });
}

/** Row after row: what one looks at next need not wait for the whole matrix. */
async function fill(
  board: MatrixBoard,
  given: { route: MatrixRoute; context: ViewContext; stopped: AbortSignal },
): Promise<void> {
  const { route, context, stopped } = given;
  for (const { id } of context.scenarios) {
    const answer: MatrixResult = await context.api.matrixRow({ scenario: id, on: route.on, cpu: route.cpu });
    if (stopped.aborted) return;
    board.add(answer);
  }
}

/** A cell leads to its column against the reference; the reference's own to the first other column. */
function linkToCell(
  route: MatrixRoute,
  [reference, second]: readonly string[],
  { scenario, column }: { scenario: string; column: string },
): string {
  return formatRoute({
    view: "compare",
    scenario,
    left: reference ?? column,
    right: column === reference ? (second ?? column) : column,
    cpu: route.cpu,
    quirks: [],
    all: false,
    row: null,
  });
}

function controls(route: MatrixRoute, columns: readonly string[], context: ViewContext): HTMLElement {
  const change = (part: Partial<MatrixRoute>) => context.go({ ...route, ...part });
  return h(
    "section",
    { class: "controls" },
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, "Matrix"),
      h(
        "p",
        { class: "lead" },
        "The same guests on metal and under each hypervisor: how many of their verdicts differ.",
      ),
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
      showAs(route.chart, (chart) => change({ chart })),
    ),
  );
}

function showAs(current: boolean, onchange: (chart: boolean) => void): HTMLElement {
  const choice = (chart: boolean, text: string) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(chart === current),
        "data-key": `show-${text}`,
        onclick: () => onchange(chart),
      },
      text,
    );
  return h(
    "div",
    { class: "segments", role: "group", "aria-label": "Show as" },
    choice(false, "Cells"),
    choice(true, "Chart"),
  );
}
