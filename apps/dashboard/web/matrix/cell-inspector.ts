import type { MatrixCell, MatrixResult, QuirkResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";

type Row = MatrixResult["rows"][number];

const MOST_QUIRKS = 4;

/** A bar that tells about the cell that has the focus or the pointer. */
export function cellInspector(
  matrix: MatrixResult,
  quirks: readonly QuirkResult[],
): { element: HTMLElement; show(row: Row, cell: MatrixCell): void } {
  const element = h("div", { class: "inspector", "aria-live": "polite" });
  const byId = new Map(quirks.map((quirk) => [quirk.id, quirk]));
  const show = (row: Row, cell: MatrixCell) => {
    element.replaceChildren(
      h(
        "p",
        { class: "inspector-head" },
        h("strong", {}, row.scenario.title),
        " ",
        h("span", { class: "mono" }, cell.column),
      ),
      h("p", { class: "quiet" }, factsOf(cell)),
      ...causes(cell, byId),
    );
  };
  const first = matrix.rows.find((row) => row.cells.some((cell) => cell.differing > 0));
  const cell = first?.cells.find((candidate) => candidate.differing > 0);
  if (first !== undefined && cell !== undefined) show(first, cell);
  return { element, show };
}

function factsOf(cell: MatrixCell): string {
  const differing = cell.differing === 0 ? "none differs" : `${cell.differing} differ`;
  return `${cell.outcome.text} · ${count(cell.verdicts, "verdict")}, ${differing} · signature ${cell.signature}`;
}

function causes(cell: MatrixCell, quirks: ReadonlyMap<string, QuirkResult>): HTMLElement[] {
  const more = cell.quirks.length - MOST_QUIRKS;
  const items = cell.quirks.slice(0, MOST_QUIRKS).map((id) => {
    const quirk = quirks.get(id);
    const words: Child[] = quirk === undefined ? [] : [" ", confidenceBadge(quirk.confidence), " ", quirk.summary];
    return h("li", {}, h("span", { class: "mono" }, id), ...words);
  });
  if (more > 0) items.push(h("li", { class: "quiet" }, `and ${more} more`));
  if (cell.unattributed > 0) items.push(h("li", { class: "unexplained" }, `${cell.unattributed} unexplained`));
  return items.length === 0 ? [] : [h("ul", { class: "inspector-causes" }, ...items)];
}
