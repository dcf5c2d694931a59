import { h } from "../element.ts";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Everywhere",
    [
      ["?", "this help"],
      ["Tab", "next control"],
      ["Esc", "close"],
    ],
  ],
  [
    "Matrix",
    [
      ["← → ↑ ↓", "move from cell to cell"],
      ["Enter", "open the comparison"],
      ["/", "query; ↑ ↓ Tab choose what is offered"],
    ],
  ],
  [
    "Structures",
    [
      ["n / p", "next, previous change"],
      ["j / k", "next, previous event"],
      ["← →", "on the slider: one event"],
      ["/", "find fields"],
    ],
  ],
  [
    "Comparison",
    [
      ["n / p", "next, previous difference"],
      ["j / k", "next, previous row"],
      ["/", "find events"],
      ["i", "show, hide the instructions behind events"],
      ["e", "export the comparison as JSON"],
      ["Enter", "on a folded stretch: show it"],
    ],
  ],
];

/** The keys, in a dialog that `?` opens. */
export function helpDialog(): HTMLDialogElement {
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title", onclick: (event: Event) => event.target === dialog && close() },
    h(
      "div",
      { class: "help-body" },
      h("h2", { id: "help-title" }, "Keys"),
      ...KEYS.map(([place, keys]) =>
        h(
          "section",
          {},
          h("h3", {}, place),
          h("dl", {}, ...keys.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
        ),
      ),
      h("button", { type: "button", onclick: close }, "Close"),
    ),
  );
  return dialog;
}
