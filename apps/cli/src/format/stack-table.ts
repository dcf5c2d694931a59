import { renderTable } from "../text/table.ts";
import type { Look } from "./look.ts";

type Counters = Readonly<Record<string, number>>;

/** Counters of one level whose names begin like this, as "NAME count", the most first. */
function counted(counters: Counters, prefix: string): string {
  const found = Object.entries(counters)
    .filter(([name, count]) => name.startsWith(prefix) && count > 0)
    .sort((one, other) => other[1] - one[1]);
  return found.map(([name, count]) => `${name.slice(prefix.length)} ${count}`).join(", ");
}

function total(counters: Counters, prefix: string): number {
  return Object.entries(counters).reduce((sum, [name, count]) => (name.startsWith(prefix) ? sum + count : sum), 0);
}

/** What each hypervisor of a stack has handled and executed. */
export function stackTable(levels: readonly string[], counters: Counters, { palette, width }: Look): string {
  const rows = levels.flatMap((name, level) => {
    const own = `l${level}.`;
    let entries: readonly (readonly [string, string])[] = [
      ["exits of its guest", `${total(counters, `${own}exits.l1.`)}: ${counted(counters, `${own}exits.l1.`)}`],
      ["exits of its guest's guest", `${total(counters, `${own}exits.l2.`)}: ${counted(counters, `${own}exits.l2.`)}`],
      ["of them passed on", String(counters[`${own}reflected`] ?? 0)],
      ["instructions it executed", counted(counters, `${own}instructions.`)],
    ];
    const isUsed = Object.keys(counters).some((counter) => counter.startsWith(own));
    if (!isUsed) entries = [["has no part in it", "a hypervisor above translates"]];
    const shown = entries.filter(([, text]) => text !== "" && text !== "0: " && text !== "0");
    return [
      {
        cells: [
          { text: `level ${level}`, style: palette.strong },
          { text: name, style: palette.name },
        ],
      },
      ...shown.map(([what, text]) => ({ cells: [{ text: `  ${what}`, style: palette.faint }, { text }] })),
    ];
  });
  return `${renderTable(rows, { width, indent: 0 }).join("\n")}\n`;
}
