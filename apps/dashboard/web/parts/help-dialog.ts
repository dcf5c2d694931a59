import { h } from "../element.ts";
import { KEYS } from "../keys-table.ts";

const CAPS: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

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
      ...KEYS.map(({ title, keys }) =>
        h(
          "section",
          {},
          h("h3", {}, title),
          h(
            "dl",
            {},
            ...keys.flatMap(({ keys: caps, what }) => [
              h("dt", {}, ...caps.map((key) => h("kbd", {}, CAPS[key] ?? key))),
              h("dd", {}, what),
            ]),
          ),
        ),
      ),
      h("button", { type: "button", onclick: close }, "Close"),
    ),
  );
  return dialog;
}
