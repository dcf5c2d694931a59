import type { ColumnResult } from "@hvdiff/lab";
import { type Child, h } from "../element.ts";
import { columnName } from "../parts/column-name.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";

/** The two columns: what they are in full and how the guest ended there. */
export function columnCards(left: ColumnResult, right: ColumnResult): HTMLElement {
  const isSameEnd = left.outcome.text === right.outcome.text;
  return h("div", { class: "column-cards" }, card("left", left, true), card("right", right, isSameEnd));
}

function card(side: "left" | "right", column: ColumnResult, isSameEnd: boolean): HTMLElement {
  const { outcome } = column;
  return h(
    "section",
    { class: `column-card ${side}`, "aria-label": side === "left" ? "Reference column" : "Compared column" },
    h(
      "div",
      { class: "card-head" },
      h("h2", {}, columnName(column.column)),
      column.confidence !== null && confidenceBadge(column.confidence),
    ),
    h(
      "dl",
      { class: "facts" },
      ...fact("Outcome", h("span", { class: isSameEnd ? "outcome" : "outcome differs" }, outcome.text)),
      ...(outcome.where === undefined
        ? []
        : fact(
            "Where",
            h("span", { class: "mono" }, `L${outcome.where.level}, RIP ${outcome.where.rip}: ${outcome.where.bytes}`),
          )),
      ...(column.full === column.column ? [] : fact("In full", h("span", { class: "mono" }, column.full))),
      ...fact("Run", h("span", { class: "mono quiet", title: column.runId }, column.runId.slice(0, 16))),
    ),
  );
}

function fact(name: string, value: Child): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}
