const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  Home: [0, Number.NEGATIVE_INFINITY],
  End: [0, Number.POSITIVE_INFINITY],
};

/**
 * One tab stop for all links in a table's cells, which may come later; arrow keys, Home and End go from cell to cell.
 * @param draw makes the links of a row that has none yet
 */
export function moveInGrid(table: HTMLTableElement, draw: (row: Element) => void): void {
  let stop: HTMLAnchorElement | null = null;
  let isChosen = false;
  const makeStop = (link: HTMLAnchorElement | undefined) => {
    if (link === undefined || link === stop) return;
    if (stop !== null) stop.tabIndex = -1;
    link.tabIndex = 0;
    stop = link;
  };
  // Links come and go in any order: until one is chosen, the first there is.
  new MutationObserver(() => {
    isChosen &&= stop?.isConnected === true;
    if (!isChosen) makeStop(table.querySelector("a") ?? undefined);
  }).observe(table, { childList: true, subtree: true });
  table.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLAnchorElement)) return;
    makeStop(target);
    isChosen = true;
  });
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined || !(event.target instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    neighbour(event.target, step, draw)?.focus();
  });
}

function neighbour(
  from: HTMLAnchorElement,
  [down, right]: readonly [number, number],
  draw: (row: Element) => void,
): HTMLAnchorElement | undefined {
  const row = from.closest("tr");
  const column = linksOf(row).indexOf(from) + right;
  const links = linksOf(down === 0 ? row : (rowWithLinks(row, down, draw) ?? row));
  return links[Math.min(Math.max(column, 0), links.length - 1)];
}

/** The next row, or the one before it, that is neither a heading nor still computed. */
function rowWithLinks(from: Element | null, down: number, draw: (row: Element) => void): Element | null {
  const next = (row: Element | null) => {
    const beside = (down > 0 ? row?.nextElementSibling : row?.previousElementSibling) ?? null;
    if (beside !== null) draw(beside);
    return beside;
  };
  let row = next(from);
  while (row !== null && row.querySelector("a") === null) row = next(row);
  return row;
}

function linksOf(row: Element | null): HTMLAnchorElement[] {
  return row === null ? [] : [...row.querySelectorAll("a")];
}
