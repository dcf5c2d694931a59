import { type ReleasePoint, releaseSparkline } from "@hvdiff/charts";
import type { MatrixResult } from "@hvdiff/lab";
import { isDifferent, releasesOf } from "@hvdiff/query";
import { h } from "../element.ts";

type Row = MatrixResult["rows"][number];

/** For each product with several releases among the columns: how much a row differs in them, oldest first. */
export function releaseSparklines(row: Row, columns: MatrixResult["columns"]): HTMLElement | null {
  const lines = releasesOf(columns).map(({ product, positions }) => {
    const points = positions.map((position) => pointOf(row, position));
    return h(
      "span",
      { class: "sparkline" },
      h("span", { class: "quiet", "aria-hidden": "true" }, product),
      releaseSparkline(points, { document, name: `${product}: ${sentence(points)}` }),
    );
  });
  return lines.length === 0 ? null : h("span", { class: "sparklines" }, ...lines);
}

function pointOf(row: Row, position: number): ReleasePoint {
  const cell = row.cells[position]!;
  const release = cell.column.split(/[@+/]/)[1] ?? cell.column;
  const differs = cell.unattributed > 0 ? "unexplained" : "differs";
  return { release, differing: cell.differing, state: isDifferent(cell, row) ? differs : "same" };
}

function sentence(points: readonly ReleasePoint[]): string {
  return points
    .map(({ release, differing, state }) => `${release} ${state === "same" ? "same" : `${differing} differ`}`)
    .join(", ");
}
