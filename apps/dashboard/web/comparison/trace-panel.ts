import { count } from "../count.ts";
import { h } from "../element.ts";
import { toggleField } from "../parts/controls.ts";
import type { OtherColumn } from "./other-columns.ts";

/** Where one can go in a trace. */
export interface TraceMoves {
  nextDifference(): void;
  previousDifference(): void;
  nextRow(): void;
  previousRow(): void;
}

export interface TracePanelParts {
  readonly left: string;
  readonly right: string;
  readonly others: readonly OtherColumn[];
  /** Instructions are shown. */
  readonly code: object | null;
  oncode(isShown: boolean): void;
  /** Finds rows by their text. */
  readonly search: HTMLElement;
  readonly body: HTMLElement;
  readonly map: HTMLElement;
  readonly position: HTMLElement;
  readonly moves: TraceMoves;
  readonly rows: number;
  readonly differences: number;
}

/** The section around the rows: heading, steps, map, and a scroller with the columns' names on top. */
export function tracePanel(parts: TracePanelParts): { element: HTMLElement; scroller: HTMLElement } {
  const scroller = h("div", { class: "trace-scroll" }, table(parts));
  const step = (text: string, name: string, onclick: () => void) =>
    h("button", { type: "button", "aria-label": name, title: name, onclick, disabled: parts.differences === 0 }, text);
  const element = h(
    "section",
    { class: "trace", "aria-labelledby": "trace-title" },
    h(
      "div",
      { class: "section-head" },
      h("h2", { id: "trace-title" }, "Trace"),
      h("span", { class: "quiet" }, count(parts.rows, "row")),
      h(
        "div",
        { class: "trace-steps" },
        toggleField({ label: "Instructions", key: "code", on: parts.code !== null, onchange: parts.oncode }),
        parts.search,
        parts.position,
        step("↑ p", "Previous difference (p)", parts.moves.previousDifference),
        step("↓ n", "Next difference (n)", parts.moves.nextDifference),
      ),
    ),
    parts.rows === 0 ? h("p", { class: "quiet" }, "Neither column has guest-visible events.") : [parts.map, scroller],
  );
  return { element, scroller };
}

function table({ body, left, right, others }: TracePanelParts): HTMLElement {
  const hidden = (text: string) => h("span", { class: "sr-only" }, text);
  const element = h(
    "div",
    {
      role: "table",
      class: "trace-table",
      "aria-label": `Traces of ${left} and ${right}`,
    },
    h(
      "div",
      { role: "rowgroup", class: "trace-head" },
      h(
        "div",
        { role: "row", class: "trace-row" },
        h("div", { role: "columnheader", class: "trace-number" }, hidden("Row")),
        h("div", { role: "columnheader", class: "trace-sign" }, hidden("Kind")),
        h("div", { role: "columnheader", class: "trace-side left", title: left }, left),
        h("div", { role: "columnheader", class: "trace-side right", title: right }, right),
        ...others.map(({ column }) =>
          h("div", { role: "columnheader", class: "trace-side other", title: column }, column),
        ),
      ),
    ),
    body,
  );
  element.style.setProperty("--trace-others", String(others.length));
  return element;
}
