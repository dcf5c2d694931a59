const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  Home: [0, Number.NEGATIVE_INFINITY],
  End: [0, Number.POSITIVE_INFINITY],
};

/** One tab stop for all links in a table's cells, which may come later; arrow keys, Home and End go from cell to cell. */
export function moveInGrid(table: HTMLTableElement): void {
  let stop: HTMLAnchorElement | null = null;
  const makeStop = (link: HTMLAnchorElement | undefined) => {
    if (link === undefined) return;
    if (stop !== null) stop.tabIndex = -1;
    link.tabIndex = 0;
    stop = link;
  };
  new MutationObserver(() => {
    if (stop?.isConnected !== true) makeStop(table.querySelector("a") ?? undefined);
  }).observe(table, { childList: true, subtree: true });
  table.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLAnchorElement) makeStop(target);
  });
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined || !(event.target instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    neighbour(table, event.target, step)?.focus();
  });
}

function neighbour(
  table: HTMLTableElement,
  from: HTMLAnchorElement,
  [down, right]: readonly [number, number],
): HTMLAnchorElement | undefined {
  const rows = [...table.tBodies]
    .flatMap((body) => [...body.rows])
    .map((row) => [...row.querySelectorAll("a")])
    .filter((links) => links.length > 0);
  const row = rows.findIndex((links) => links.includes(from));
  const links = rows[clamp(row + down, rows.length)] ?? [];
  const column = rows[row]?.indexOf(from) ?? 0;
  return links[clamp(column + right, links.length)];
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}
