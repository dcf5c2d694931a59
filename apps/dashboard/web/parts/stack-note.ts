import { h } from "../element.ts";
import { formatRoute, type Route } from "../route.ts";

/** Whether a column is hypervisors on each other. */
export function isStack(column: string): boolean {
  return column.includes("//");
}

/** Says what a view cannot show of a stack, and leads to what can be looked at instead. */
export function stackNote(why: string, column: string, routeOf: (column: string) => Route): HTMLElement {
  const single = [...new Set(column.split("//"))].filter((part) => part !== "");
  return h(
    "div",
    { class: "state stack-note" },
    h("h2", {}, "One hypervisor at a time"),
    h("p", {}, why),
    h(
      "p",
      { class: "actions" },
      ...single.map((part) => h("a", { href: formatRoute(routeOf(part)) }, `Look at ${part} alone`)),
    ),
  );
}
