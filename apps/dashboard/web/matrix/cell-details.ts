import type { MatrixCell, MatrixResult, QuirkResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";

/** A cell and the row it stands in. */
export interface PlacedCell {
  readonly row: MatrixResult["rows"][number];
  readonly cell: MatrixCell;
}

/** A box that tells more about the cell that has the focus or the pointer. */
export interface CellDetails {
  readonly element: HTMLElement;
  /** Shows details of these links, while they have the focus or the pointer, from now on: few listeners for thousands of cells. */
  watch(table: HTMLElement, placed: WeakMap<Element, PlacedCell>): void;
}

const MOST_QUIRKS = 4;
const MARGIN = 8;

export function createCellDetails(quirks: readonly QuirkResult[]): CellDetails {
  const element = h("div", { class: "cell-details", id: "cell-details", role: "tooltip", hidden: true });
  const byId = new Map(quirks.map((quirk) => [quirk.id, quirk]));
  const hide = () => {
    element.hidden = true;
  };
  const show = (anchor: HTMLElement, placed: PlacedCell) => {
    element.replaceChildren(...detailsOf(placed, byId));
    element.hidden = false;
    anchor.setAttribute("aria-describedby", element.id);
    place(element, anchor.getBoundingClientRect());
  };
  return {
    element,
    watch(table, placed) {
      const linkOf = ({ target }: Event) => (target as Element).closest("a");
      const inspect = (event: Event) => {
        const link = linkOf(event);
        const there = link === null ? undefined : placed.get(link);
        if (link !== null && there !== undefined) show(link, there);
      };
      const leave = (event: PointerEvent) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node && linkOf(event)?.contains(to))) hide();
      };
      const enter = (event: PointerEvent) => {
        const from = event.relatedTarget;
        if (!(from instanceof Node && linkOf(event)?.contains(from))) inspect(event);
      };
      table.addEventListener("focusin", inspect);
      table.addEventListener("focusout", hide);
      table.addEventListener("pointerover", enter);
      table.addEventListener("pointerout", leave);
      table.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
    },
  };
}

/** Below the cell, or above where it would not be seen; it scrolls with the page. */
function place(element: HTMLElement, anchor: DOMRect): void {
  const { width, height } = element.getBoundingClientRect();
  const around = element.offsetParent?.getBoundingClientRect() ?? new DOMRect();
  const isSeenBelow = anchor.bottom + height + 2 * MARGIN <= innerHeight || anchor.top < height + 2 * MARGIN;
  const left = Math.max(MARGIN, Math.min(anchor.left, innerWidth - width - 2 * MARGIN));
  const top = isSeenBelow ? anchor.bottom + MARGIN : anchor.top - height - MARGIN;
  element.style.left = `${left - around.left}px`;
  element.style.top = `${top - around.top}px`;
}

function detailsOf({ row, cell }: PlacedCell, quirks: ReadonlyMap<string, QuirkResult>): HTMLElement[] {
  const differing = cell.differing === 0 ? "none differs" : `${cell.differing} differ`;
  return [
    h("strong", {}, row.scenario.title),
    h("span", { class: "mono quiet" }, cell.column),
    h("span", {}, `${cell.outcome.text} · ${count(cell.verdicts, "verdict")}, ${differing}`),
    h("span", { class: "quiet" }, "signature ", h("span", { class: "mono" }, cell.signature)),
    ...causesOf(cell, quirks),
  ];
}

function causesOf(cell: MatrixCell, quirks: ReadonlyMap<string, QuirkResult>): HTMLElement[] {
  const more = cell.quirks.length - MOST_QUIRKS;
  const items = cell.quirks.slice(0, MOST_QUIRKS).map((id) => h("li", {}, ...quirkWords(id, quirks.get(id))));
  if (more > 0) items.push(h("li", { class: "quiet" }, `and ${more} more`));
  if (cell.unattributed > 0) items.push(h("li", { class: "unexplained" }, `${cell.unattributed} unexplained`));
  return items.length === 0 ? [] : [h("ul", {}, ...items)];
}

function quirkWords(id: string, quirk: QuirkResult | undefined): Child[] {
  const name = h("span", { class: "mono" }, id);
  if (quirk === undefined) return [name];
  return [
    h("span", { class: "detail-quirk" }, name, confidenceBadge(quirk.confidence)),
    h("span", { class: "quiet" }, quirk.summary),
  ];
}
