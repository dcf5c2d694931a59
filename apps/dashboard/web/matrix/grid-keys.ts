const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  Home: [0, Number.NEGATIVE_INFINITY],
  End: [0, Number.POSITIVE_INFINITY],
};

/** One tab stop for all links in a table's cells; arrow keys, Home and End go from cell to cell. */
export function moveInGrid(table: HTMLTableElement): void {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => [...row.querySelectorAll("a")]);
  for (const link of rows.flat()) link.tabIndex = -1;
  const first = rows[0]?.[0];
  if (first !== undefined) first.tabIndex = 0;
  table.addEventListener("focusin", ({ target }) => {
    for (const link of rows.flat()) link.tabIndex = link === target ? 0 : -1;
  });
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const target = event.target as HTMLAnchorElement;
    const row = rows.findIndex((links) => links.includes(target));
    if (step === undefined || row < 0) return;
    event.preventDefault();
    const column = rows[row]?.indexOf(target) ?? 0;
    const links = rows[clamp(row + step[0], rows.length)] ?? [];
    links[clamp(column + step[1], links.length)]?.focus();
  });
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}
