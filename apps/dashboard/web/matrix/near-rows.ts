/** Rows whose cells are drawn only while they are near the window: a matrix of thousands of cells stays quick. */
export interface NearRows {
  /** From now on, whenever it is near, the row is drawn in this way; otherwise it has its header alone. */
  fill(row: HTMLTableRowElement, draw: () => readonly HTMLElement[]): void;
  /** Draws a row that comes near next: keys may be faster than frames. */
  draw(row: Element): void;
  /** Draws the rows that have come near by moving, at once: not a frame later. */
  settle(): void;
}

/** @param table whose style sheet leaves out rows far from the window, of which the browser then tells */
export function createNearRows(table: HTMLTableElement): NearRows {
  const drawings = new Map<Element, () => readonly HTMLElement[]>();
  const near = new Set<Element>();
  const draw = (row: Element) => {
    if (near.has(row)) return;
    near.add(row);
    row.replaceChildren(...(drawings.get(row)?.() ?? row.children));
  };
  const clear = (row: HTMLTableRowElement) => {
    const [header] = row.cells;
    if (row.contains(document.activeElement) || !near.delete(row)) return;
    if (header !== undefined && drawings.has(row)) row.replaceChildren(header);
  };
  table.addEventListener("contentvisibilityautostatechange", (event) => {
    const { target, skipped } = event as ContentVisibilityAutoStateChangeEvent;
    if (!(target instanceof HTMLTableRowElement)) return;
    if (skipped) clear(target);
    else draw(target);
  });
  addEventListener("beforeprint", () => {
    for (const row of table.isConnected ? drawings.keys() : []) draw(row);
  });
  return {
    draw,
    fill(row, drawing) {
      drawings.set(row, drawing);
      const cells = drawing();
      row.replaceChildren(...(near.has(row) ? cells : cells.slice(0, 1)));
    },
    settle() {
      for (const row of drawings.keys()) {
        const { top, bottom } = row.getBoundingClientRect();
        if (bottom > 0 && top < innerHeight) draw(row);
      }
    },
  };
}
