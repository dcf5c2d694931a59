import { h } from "../element.ts";

/** While the lab computes: what it does and for how long already. Stops counting when it leaves the page. */
export function loadingState(what: string): HTMLElement {
  const seconds = h("span", { class: "quiet", "aria-hidden": "true" });
  const state = h(
    "div",
    { class: "state loading", role: "status" },
    h("span", { class: "pulse", "aria-hidden": "true" }),
    h("p", {}, what, " ", seconds),
  );
  const started = Date.now();
  const timer = setInterval(() => {
    if (!state.isConnected) clearInterval(timer);
    else seconds.textContent = `${Math.round((Date.now() - started) / 1000)} s`;
  }, 1000);
  return state;
}

/** What went wrong and what to do about it. */
export function errorState(error: unknown, actions: { retry: () => void; home: string }): HTMLElement {
  const message = error instanceof Error ? error.message : String(error);
  return h(
    "div",
    { class: "state error", role: "alert" },
    h("h2", {}, "That did not work"),
    h("p", { class: "error-message" }, message),
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", onclick: actions.retry }, "Try again"),
      h("a", { href: actions.home }, "Start over with the default columns"),
    ),
  );
}
