const MARGIN = "400px 0px";

/** Rows whose cells are drawn only while they are near the window: a matrix of thousands of cells stays quick. */
export interface NearRows {
  /** From now on, or when it comes near, the row is drawn in this way. */
  fill(row: HTMLTableRowElement, draw: () => readonly HTMLElement[]): void;
}

/**
 * @param columns that a row without cells spans
 * @param root what scrolls them
 */
export function createNearRows(columns: number, root: Element): NearRows {
  const drawings = new Map<Element, () => readonly HTMLElement[]>();
  const near = new Set<Element>();
  const clear = (row: HTMLTableRowElement, height: number) => {
    const [header] = row.cells;
    const space = document.createElement("td");
    space.colSpan = columns;
    space.className = "cell-space";
    space.style.height = `${height}px`;
    if (header !== undefined) row.replaceChildren(header, space);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        const row = target as HTMLTableRowElement;
        const draw = drawings.get(row);
        if (isIntersecting) {
          near.add(row);
          if (draw !== undefined) row.replaceChildren(...draw());
        } else if (near.delete(row) && !row.contains(document.activeElement)) clear(row, boundingClientRect.height);
      }
    },
    { root, rootMargin: MARGIN },
  );
  return {
    fill(row, draw) {
      drawings.set(row, draw);
      if (near.has(row)) row.replaceChildren(...draw());
      else observer.observe(row);
    },
  };
}
