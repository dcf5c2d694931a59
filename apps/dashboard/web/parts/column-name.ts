import { columnLines } from "@hvdiff/charts";
import { h } from "../element.ts";

/** A column's spelling on lines of its own: product and version first, what refines them below. */
export function columnName(column: string): HTMLElement {
  const [head = column, ...rest] = columnLines(column);
  return h(
    "span",
    { class: "column-name", title: column },
    h("span", { class: "column-product" }, head),
    ...rest.map((line) => h("span", { class: "column-refinement" }, line)),
  );
}
