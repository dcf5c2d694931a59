import { signatureLetters, verdictTotal } from "@hvdiff/charts";
import type { MatrixCell, MatrixResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import type { PlacedCell } from "./cell-details.ts";

type Row = MatrixResult["rows"][number];

/** Where cells lead, and what to remember of the link of each. */
export interface RowOptions {
  href(scenario: string, column: string): string;
  readonly placed: WeakMap<Element, PlacedCell>;
}

/** The cells of a row: a letter for what the guest's author sees, and how much differs. */
export function matrixCells(row: Row, options: RowOptions): HTMLElement[] {
  const letters = signatureLetters(row.cells.map((cell) => cell.signature));
  return row.cells.map((cell, index) => {
    const look = lookOf(cell, row, index);
    const link = h(
      "a",
      {
        href: options.href(row.scenario.id, cell.column),
        tabindex: -1,
        "data-column": cell.column,
        "data-key": `cell-${row.scenario.id}-${cell.column}`,
      },
      h("span", { class: "letter", title: "Signature" }, letters[index] ?? ""),
      h("span", { class: "cell-words" }, ...wordsOf(cell, look, row)),
    );
    options.placed.set(link, { row, cell });
    return h("td", { role: "gridcell", class: `cell ${look}` }, link);
  });
}

/** The cells of a row that is still computed. */
export function pendingCells(columns: readonly string[]): HTMLElement[] {
  return columns.map((_column, index) =>
    h("td", { role: "gridcell", class: index === 0 ? "cell reference" : "cell" }, h("span", { class: "cell-pending" })),
  );
}

type Look = "reference" | "same" | "differs" | "unexplained";

function lookOf(cell: MatrixCell, row: Row, index: number): Look {
  if (index === 0) return "reference";
  if (cell.unattributed > 0) return "unexplained";
  return cell.signature === row.cells[0]?.signature && cell.differing === 0 ? "same" : "differs";
}

function wordsOf(cell: MatrixCell, look: Look, row: Row): Child[] {
  if (look === "reference") {
    return [
      h("span", { class: "cell-main" }, cell.outcome.text),
      h("span", { class: "cell-sub" }, count(cell.verdicts, "verdict")),
    ];
  }
  if (look === "same") return [h("span", { class: "cell-main" }, "same")];
  const total = verdictTotal(cell, row.cells[0]);
  const isOtherEnd = cell.outcome.text !== row.cells[0]?.outcome.text;
  return [
    h(
      "span",
      { class: "cell-main" },
      h("strong", {}, cell.differing),
      ` of ${total}`,
      h("span", { class: "sr-only" }, " verdicts differ"),
    ),
    meter(cell.differing / Math.max(1, total)),
    isOtherEnd && h("span", { class: "cell-outcome" }, cell.outcome.text),
    h("span", { class: "cell-sub" }, causesOf(cell)),
  ];
}

function meter(part: number): HTMLElement {
  const filled = h("span", { class: "meter-filled" });
  filled.style.width = `${100 * part}%`;
  return h("span", { class: "meter", "aria-hidden": "true" }, filled);
}

function causesOf(cell: MatrixCell): string {
  const parts = [
    cell.quirks.length === 0 ? null : count(cell.quirks.length, "cause"),
    cell.unattributed === 0 ? null : `${cell.unattributed} unexplained`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
