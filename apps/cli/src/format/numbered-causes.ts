import type { MatrixResult, QuirkResult } from "@hvdiff/lab";
import { fits, type Row, renderTable } from "../text/table.ts";
import { hanging } from "../text/wrap.ts";
import { confidenceMark, confidenceStyle, UNMARKED } from "./causes.ts";
import { groupBy } from "./diff-rows.ts";
import type { Look, TableLook } from "./look.ts";

/** `1-3 7`: numbers of the list of causes, runs taken together. */
export function numberRanges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(" ");
}

/** Ids of all causes, sorted; their places are the numbers that cells show. */
export function causesInOrder(result: MatrixResult): string[] {
  return [...new Set(result.rows.flatMap((row) => row.cells.flatMap((cell) => cell.quirks)))].sort();
}

/** `kvm/vmx/` of `kvm/vmx/revision-id`. */
function prefixOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/") + 1);
}

interface Numbered {
  readonly id: string;
  readonly number: number;
  readonly quirk: QuirkResult | undefined;
}

/** Number and last part of each id, under what the ids have in common: dozens of causes on one screen. */
function shortLines(causes: readonly Numbered[], { palette, width }: Look): string[] {
  const groups = groupBy(causes, ({ id }) => prefixOf(id)).map((group) => {
    const prefix = prefixOf(group[0]!.id);
    const items = group.map(({ id, number, quirk }) => {
      const name = `${number}\u00a0${id.slice(prefix.length)}`;
      return quirk === undefined ? name : name + confidenceMark(quirk.confidence);
    });
    return { prefix, items: items.join(", ") };
  });
  const rows = groups.map(
    ({ prefix, items }): Row => ({ cells: [{ text: prefix, style: palette.name }, { text: items }] }),
  );
  const lines = fits(rows, { width, indent: 2 })
    ? renderTable(rows, { width, indent: 2 })
    : groups.flatMap(({ prefix, items }) => [`  ${palette.name(prefix)}`, ...hanging("    ", items, width)]);
  return [...lines, ...hanging("  ", `${UNMARKED} --all says what each is.`, width).map(palette.faint)];
}

function longLines(causes: readonly Numbered[], { palette, width }: Look): string[] {
  const digits = `${causes.length}`.length;
  return causes.flatMap(({ id, number, quirk }) => {
    const confidence = quirk?.confidence ?? null;
    const head = `  ${`${number}`.padStart(digits)}  ${palette.name(id)}  ${confidenceStyle(confidence, palette)(confidence ?? "")}`;
    return [head.trimEnd(), ...hanging(" ".repeat(digits + 4), quirk?.summary ?? "", width).map(palette.faint)];
  });
}

/** The list behind the numbers in a matrix's cells; with `all`, what each cause is. */
export function numberedCauses(ids: readonly string[], quirks: readonly QuirkResult[], look: TableLook): string[] {
  const byId = new Map(quirks.map((quirk) => [quirk.id, quirk]));
  const causes = ids.map((id, index) => ({ id, number: index + 1, quirk: byId.get(id) }));
  return look.all ? longLines(causes, look) : shortLines(causes, look);
}
