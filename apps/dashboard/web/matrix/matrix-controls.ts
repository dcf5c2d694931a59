import type { CompletionNames, Query } from "@hvdiff/query";
import { h } from "../element.ts";
import { columnPicker } from "../parts/column-picker.ts";
import { cpuField, selectField, toggleField } from "../parts/controls.ts";
import { MATRIX_GROUPS, MATRIX_SORTS, type MatrixRoute } from "../route.ts";
import type { ViewContext } from "../view.ts";
import { queryBar } from "./query-bar.ts";
import { storyLinks } from "./stories.ts";

const GROUP_NAMES: Readonly<Record<MatrixRoute["group"], string>> = {
  none: "nothing",
  vendor: "vendor",
  topic: "topic",
  seed: "seed",
};

const SORT_NAMES: Readonly<Record<MatrixRoute["sort"], string>> = {
  given: "simplest first",
  name: "name",
  differences: "most differences",
};

export interface MatrixControlsOptions {
  /** The route as it is now: the query changes without a redraw. */
  route(): MatrixRoute;
  readonly columns: readonly string[];
  readonly context: ViewContext;
  names(): CompletionNames;
  onquery(text: string, query: Query): void;
  /** Other rows, or another order. */
  onarrange(part: Partial<Pick<MatrixRoute, "all" | "group" | "sort">>): void;
}

/** What is run and what of it is shown. */
export function matrixControls(options: MatrixControlsOptions): HTMLElement {
  const { columns, context } = options;
  const route = options.route();
  const change = (part: Partial<MatrixRoute>) => context.go({ ...options.route(), ...part });
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
      storyLinks(),
    ),
    columnPicker({
      columns,
      known: context.offeredColumns,
      isCustom: route.on !== null,
      onchange: (on) => change({ on }),
    }),
    queryBar({ text: route.q, names: options.names, onquery: options.onquery }),
    h(
      "div",
      { class: "fields" },
      cpuField(context.choices, route.cpu, (cpu) => change({ cpu })),
      ...orderFields(route, options.onarrange),
      toggleField({
        label: "Only differences",
        key: "only-differences",
        on: !route.all,
        onchange: (on) => options.onarrange({ all: !on }),
      }),
      showAs(route.chart, (chart) => change({ chart })),
    ),
  );
}

function orderFields(route: MatrixRoute, change: MatrixControlsOptions["onarrange"]): HTMLElement[] {
  const group = selectField({
    label: "Group by",
    key: "group",
    value: route.group,
    choices: MATRIX_GROUPS.map((value) => ({ value, text: GROUP_NAMES[value] })),
    onchange: (value) => change({ group: value as MatrixRoute["group"] }),
  });
  const sort = selectField({
    label: "Sort by",
    key: "sort",
    value: route.sort,
    choices: MATRIX_SORTS.map((value) => ({ value, text: SORT_NAMES[value] })),
    onchange: (value) => change({ sort: value as MatrixRoute["sort"] }),
  });
  return [group, sort];
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
