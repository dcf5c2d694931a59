import type { AlignedRow, EventResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { changedText } from "../parts/changed-text.ts";
import { type OtherColumn, otherCell } from "./other-columns.ts";
import type { Span } from "./trace-folds.ts";

const SIGNS: Readonly<Record<AlignedRow["kind"], string>> = {
  same: "",
  changed: "≠",
  "only-left": "−",
  "only-right": "+",
};

const WORDS: Readonly<Record<AlignedRow["kind"], string>> = {
  same: "same",
  changed: "changed",
  "only-left": "only left",
  "only-right": "only right",
};

/** A row of two aligned traces. Rows are numbered from 1 for people. */
export function traceRow(row: AlignedRow, index: number, others: readonly OtherColumn[] = []): HTMLElement {
  return h(
    "div",
    { role: "row", class: `trace-row ${row.kind}`, "data-row": index, id: `row-${index}`, tabindex: -1 },
    h("div", { role: "rowheader", class: "trace-number" }, index + 1),
    h("div", { role: "cell", class: "trace-sign", "aria-label": WORDS[row.kind] }, SIGNS[row.kind]),
    side("left", row.left, row.kind === "changed" ? row.right : null),
    side("right", row.right, row.kind === "changed" ? row.left : null),
    ...others.map((other) => otherCell(row, other)),
  );
}

function side(name: "left" | "right", event: EventResult | null, other: EventResult | null): HTMLElement {
  if (event === null)
    return h("div", { role: "cell", class: `trace-side ${name} absent` }, h("span", { class: "sr-only" }, "no event"));
  const isChanged = other !== null && other.text !== event.text;
  return h(
    "div",
    { role: "cell", class: `trace-side ${name}` },
    h("span", { class: `level level-${event.level}` }, `L${event.level}`),
    h("span", { class: "event-text" }, isChanged ? changedText(event.text, other.text) : event.text),
    event.vcpu > 0 && h("span", { class: "vcpu" }, `vCPU ${event.vcpu}`),
  );
}

/** A stretch that is not shown, as a button that shows it. */
export function foldRow(fold: Span, differing: number, onopen: () => void): HTMLElement {
  const rows = fold.end - fold.start;
  const words =
    differing === 0 ? count(rows, "equal event") : `${count(rows, "row")}, ${count(differing, "difference")}`;
  return h(
    "div",
    { role: "row", class: "trace-fold" },
    h("div", { role: "cell" }, h("button", { type: "button", "data-fold": fold.start, onclick: onopen }, words)),
  );
}
