import type { ColumnResult } from "@hvdiff/lab";
import { h } from "../element.ts";

/** How often each thing happened in the two columns: exits by level and reason, entries, reflections, as kvm_stat would list them. */
export function countersPanel(left: ColumnResult, right: ColumnResult): HTMLElement {
  const all = (column: ColumnResult): Record<string, number> => ({
    ...column.counters,
    ...Object.fromEntries(Object.entries(column.exits).map(([reason, count]) => [`seen by L1: ${reason}`, count])),
  });
  const [one, other] = [all(left), all(right)];
  const most = (name: string) => Math.max(one[name] ?? 0, other[name] ?? 0);
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort((a, b) => most(b) - most(a));
  return h(
    "details",
    { class: "counters" },
    h("summary", {}, "Counters"),
    h(
      "table",
      { class: "counts-table" },
      h(
        "thead",
        {},
        h("tr", {}, ...["Counter", left.column, right.column].map((text) => h("th", { scope: "col" }, text))),
      ),
      h(
        "tbody",
        {},
        ...names.map((name) =>
          h(
            "tr",
            { class: one[name] === other[name] ? "same" : "differs" },
            h("th", { scope: "row", class: "mono" }, name),
            h("td", {}, one[name] ?? "–"),
            h("td", {}, other[name] ?? "–"),
          ),
        ),
      ),
    ),
  );
}
