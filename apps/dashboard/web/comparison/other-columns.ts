import type { AlignedRow, CompareResult, EventResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { changedText } from "../parts/changed-text.ts";

/** A further column beside the two that are compared, aligned with the reference. */
export interface OtherColumn {
  readonly column: string;
  /** What it has for an event of the reference. */
  at(reference: EventResult): OtherSide;
}

interface OtherSide {
  readonly event: EventResult | null;
  /** Events of its own that follow. */
  readonly more: number;
}

const NOTHING: OtherSide = { event: null, more: 0 };

/** Takes a comparison with the same reference as a further column. */
export function otherColumn({ right, rows }: CompareResult): OtherColumn {
  const sides = new Map<number, { event: EventResult | null; more: number }>();
  let last: { event: EventResult | null; more: number } = { event: null, more: 0 };
  for (const row of rows) {
    if (row.left === null) last.more += 1;
    else {
      last = { event: row.right, more: 0 };
      sides.set(row.left.index, last);
    }
  }
  return { column: right.column, at: ({ index }) => sides.get(index) ?? NOTHING };
}

/** The cell of a further column in a row. */
export function otherCell(row: AlignedRow, other: OtherColumn): HTMLElement {
  const { event, more } = row.left === null ? NOTHING : other.at(row.left);
  const isChanged = event !== null && row.left !== null && event.text !== row.left.text;
  const isAbsent = event === null && row.left !== null;
  return h(
    "div",
    {
      role: "cell",
      class: ["trace-side other", isChanged && "differs", isAbsent && "absent"].filter(Boolean).join(" "),
    },
    event !== null && [
      h("span", { class: `level level-${event.level}` }, `L${event.level}`),
      h(
        "span",
        { class: "event-text" },
        isChanged && row.left !== null ? changedText(event.text, row.left.text) : event.text,
      ),
    ],
    isAbsent && h("span", { class: "sr-only" }, "no event"),
    more > 0 && h("span", { class: "other-more quiet" }, `+${more} of its own`),
  );
}
