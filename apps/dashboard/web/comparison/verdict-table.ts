import type { ColumnResult, CompareResult, Difference } from "@hvdiff/lab";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import { causeChips } from "../parts/cause-chip.ts";
import { changedText } from "../parts/changed-text.ts";
import { columnName } from "../parts/column-name.ts";
import { toggleField } from "../parts/controls.ts";

interface VerdictRow {
  readonly id: string;
  readonly left: string | null;
  readonly right: string | null;
  readonly difference: Difference | null;
}

/** All verdicts of both sides in the order of their first appearance, each with what explains its difference. */
export function verdictRows({ left, right }: Pick<CompareResult, "left" | "right">): VerdictRow[] {
  const [lefts, rights] = [valuesOf(left), valuesOf(right)];
  const differences = new Map(right.differences.map((difference) => [difference.verdict, difference]));
  return [...new Set([...lefts.keys(), ...rights.keys(), ...differences.keys()])].map((id) => ({
    id,
    left: lefts.get(id) ?? null,
    right: rights.get(id) ?? null,
    difference: differences.get(id) ?? null,
  }));
}

function valuesOf(column: ColumnResult): Map<string, string> {
  return new Map(column.verdicts.map(({ id, value }) => [id, value]));
}

/** What the guest printed on both sides. */
export function verdictTable(
  compared: CompareResult,
  options: { all: boolean; onall(all: boolean): void },
): HTMLElement {
  const rows = verdictRows(compared);
  const differing = rows.filter((row) => row.difference !== null);
  const shown = options.all ? rows : differing;
  return h(
    "section",
    { class: "verdicts", "aria-labelledby": "verdicts-title" },
    h(
      "div",
      { class: "section-head" },
      h("h2", { id: "verdicts-title" }, "Verdicts"),
      h("span", { class: "quiet" }, `${differing.length} of ${count(rows.length, "verdict")} differ`),
      toggleField({
        label: "Only differences",
        key: "verdicts-all",
        on: !options.all,
        onchange: (on) => options.onall(!on),
      }),
    ),
    shown.length === 0 ? h("p", { class: "quiet" }, emptyWords(rows)) : table(shown, compared),
  );
}

function emptyWords(rows: readonly VerdictRow[]): string {
  return rows.length === 0
    ? "The guest printed no verdicts."
    : `All ${count(rows.length, "verdict")} are the same on both sides.`;
}

function table(rows: readonly VerdictRow[], { left, right }: CompareResult): HTMLElement {
  const heads: [Child, string | null][] = [
    ["Verdict", null],
    [columnName(left.column), "left"],
    [columnName(right.column), "right"],
    ["Cause", null],
  ];
  return h(
    "table",
    { class: "verdict-table cards", role: "table" },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        ...heads.map(([words, side]) => h("th", { role: "columnheader", scope: "col", class: side }, words)),
      ),
    ),
    h("tbody", { role: "rowgroup" }, ...rows.map((row) => verdictRow(row, left, right))),
  );
}

function verdictRow(row: VerdictRow, left: ColumnResult, right: ColumnResult): HTMLElement {
  const isDifferent = row.difference !== null;
  return h(
    "tr",
    { role: "row", class: isDifferent ? "differs" : "same" },
    h("th", { role: "rowheader", scope: "row", class: "mono" }, row.id),
    valueCell("left", left.column, isDifferent, { value: row.left, other: row.right }),
    valueCell("right", right.column, isDifferent, { value: row.right, other: row.left }),
    h(
      "td",
      { role: "cell", class: "cause", "data-label": "Cause" },
      h("div", {}, row.difference !== null && causeChips(row.difference.cause, row.id)),
    ),
  );
}

function valueCell(
  side: "left" | "right",
  column: string,
  isDifferent: boolean,
  { value, other }: { value: string | null; other: string | null },
): HTMLElement {
  let words: Child = value ?? h("span", { class: "absent-value" }, "not printed");
  if (isDifferent && value !== null && other !== null) words = changedText(value, other);
  return h("td", { role: "cell", class: `value mono ${side}`, "data-label": column }, h("div", {}, words));
}
