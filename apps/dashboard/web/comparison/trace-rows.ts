import type { AlignedRow, CodePlace, EventResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { changedText } from "../parts/changed-text.ts";
import { type OtherColumn, otherCell } from "./other-columns.ts";
import type { TraceCode } from "./trace-code.ts";
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
export function traceRow(
  row: AlignedRow,
  index: number,
  beside: { readonly others: readonly OtherColumn[]; readonly code: TraceCode | null },
): HTMLElement {
  const { others, code } = beside;
  const left = row.left === null || code === null ? null : code.left(row.left);
  const right = row.right === null || code === null ? null : code.right(row.right);
  return h(
    "div",
    { role: "row", class: `trace-row ${row.kind}`, "data-row": index, id: `row-${index}`, tabindex: -1 },
    h("div", { role: "rowheader", class: "trace-number" }, index + 1),
    h("div", { role: "cell", class: "trace-sign", "aria-label": WORDS[row.kind] }, SIGNS[row.kind]),
    side("left", row.left, { other: row.kind === "changed" ? row.right : null, place: left }),
    side("right", row.right, { other: row.kind === "changed" ? row.left : null, place: right }),
    ...others.map((other) => otherCell(row, other)),
  );
}

function side(
  name: "left" | "right",
  event: EventResult | null,
  { other, place }: { readonly other: EventResult | null; readonly place: CodePlace | null },
): HTMLElement {
  if (event === null)
    return h("div", { role: "cell", class: `trace-side ${name} absent` }, h("span", { class: "sr-only" }, "no event"));
  const isChanged = other !== null && other.text !== event.text;
  return h(
    "div",
    { role: "cell", class: `trace-side ${name}` },
    h("span", { class: `level level-${event.level}` }, `L${event.level}`),
    h(
      "span",
      { class: "event-text" },
      isChanged ? changedText(event.text, other.text) : event.text,
      place !== null && instruction(place),
    ),
    event.vcpu > 0 && h("span", { class: "vcpu" }, `vCPU ${event.vcpu}`),
  );
}

function instruction({ rip, text, bytes }: CodePlace): HTMLElement {
  return h("span", { class: "instruction", title: bytes }, h("span", { class: "instruction-rip" }, rip), " ", text);
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
