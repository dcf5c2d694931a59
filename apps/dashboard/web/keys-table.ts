import type { Route } from "./route.ts";

/** Keys that do something in a view, or everywhere (null). A view's own keys work only if they stand here: what there is, is told and tested. */
export interface KeyGroup {
  readonly view: Route["view"] | null;
  readonly title: string;
  readonly keys: readonly KeyHelp[];
}

export interface KeyHelp {
  /** As `KeyboardEvent.key` has them. */
  readonly keys: readonly string[];
  readonly what: string;
}

/** Every key of the page, in the order in which the help has them. */
export const KEYS: readonly KeyGroup[] = [
  {
    view: null,
    title: "Everywhere",
    keys: [
      { keys: ["?"], what: "this help" },
      { keys: ["Tab"], what: "next control" },
      { keys: ["Escape"], what: "close" },
    ],
  },
  {
    view: "matrix",
    title: "Matrix",
    keys: [
      { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], what: "move from cell to cell" },
      { keys: ["Home", "End"], what: "first, last column" },
      { keys: ["Enter"], what: "open the comparison" },
      { keys: ["/"], what: "query; ↑ ↓ Tab choose what is offered" },
    ],
  },
  {
    view: "compare",
    title: "Comparison",
    keys: [
      { keys: ["n", "p"], what: "next, previous difference" },
      { keys: ["j", "k"], what: "next, previous row" },
      { keys: ["/"], what: "find events" },
      { keys: ["i"], what: "show, hide the instructions behind events" },
      { keys: ["e"], what: "export the comparison as JSON" },
      { keys: ["Enter"], what: "on a folded stretch: show it" },
    ],
  },
  {
    view: "structures",
    title: "Structures",
    keys: [
      { keys: ["n", "p"], what: "next, previous change" },
      { keys: ["j", "k"], what: "next, previous event" },
      { keys: ["ArrowLeft", "ArrowRight"], what: "on the slider: one event" },
      { keys: ["/"], what: "find fields" },
    ],
  },
  { view: "walk", title: "Page walk", keys: [{ keys: ["j", "k"], what: "next, previous event" }] },
  { view: "quirks", title: "Quirks", keys: [{ keys: ["/"], what: "find quirks" }] },
];

/** Whether a single key is one of a view's. */
export function isKeyOf(view: Route["view"], key: string): boolean {
  return KEYS.some((group) => group.view === view && group.keys.some(({ keys }) => keys.includes(key)));
}
