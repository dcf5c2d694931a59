/** Rows that are drawn only while they are near the window: a matrix of thousands of cells stays quick. */
export interface NearRows {
  /** From now on, whenever it is near, the row is drawn in this way; otherwise it has this header alone. */
  fill(row: HTMLTableRowElement, header: HTMLElement, draw: () => readonly HTMLElement[]): void;
  /** Draws a row that comes near next: keys may be faster than frames. */
  draw(row: Element): void;
  /** Draws the rows that have come into the window by moving, at once: not a frame later. */
  settle(): void;
}

/** What a row has near and far. */
interface Filling {
  readonly header: HTMLElement;
  readonly draw: () => readonly HTMLElement[];
}

/** @param table whose style sheet leaves out rows far from the window, of which the browser then tells */
export function createNearRows(table: HTMLTableElement): NearRows {
  const fillings = new Map<Element, Filling>();
  const near = new Set<Element>();
  const coming = new Set<Element>();
  const draw = (row: Element) => {
    coming.delete(row);
    if (near.has(row)) return;
    near.add(row);
    const filling = fillings.get(row);
    if (filling !== undefined) row.replaceChildren(...filling.draw());
  };
  const clear = (row: Element) => {
    coming.delete(row);
    if (row.contains(document.activeElement) || !near.delete(row)) return;
    const filling = fillings.get(row);
    if (filling !== undefined) row.replaceChildren(filling.header);
  };
  // Those that are seen together, the others one by one: what is done next need not wait for them.
  const drawComing = () => {
    for (const row of seen(coming)) draw(row);
    const [next] = coming;
    if (next === undefined) return;
    draw(next);
    if (coming.size > 0) setTimeout(drawComing);
  };
  table.addEventListener("contentvisibilityautostatechange", (event) => {
    const { target, skipped } = event as ContentVisibilityAutoStateChangeEvent;
    if (!(target instanceof HTMLTableRowElement)) return;
    if (skipped) clear(target);
    else if (!near.has(target) && coming.add(target).size === 1) setTimeout(drawComing);
  });
  addEventListener("beforeprint", () => {
    for (const row of table.isConnected ? fillings.keys() : []) draw(row);
  });
  return {
    draw,
    fill(row, header, drawing) {
      fillings.set(row, { header, draw: drawing });
      row.replaceChildren(...(near.has(row) ? drawing() : [header]));
    },
    settle() {
      for (const row of seen(fillings.keys())) draw(row);
    },
  };
}

/** Those in the window. All are asked before any is changed: otherwise each would be laid out anew. */
function seen(rows: Iterable<Element>): Element[] {
  return [...rows].filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
}
