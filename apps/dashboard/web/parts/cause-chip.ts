import type { Cause } from "@hvdiff/lab";
import { h } from "../element.ts";

/** The id of a cause's card. */
export function causeCardId(quirk: string | null): string {
  return quirk === null ? "cause-unexplained" : `cause-${quirk.replaceAll("/", "-")}`;
}

/** A difference's causes as short buttons; pressing one goes to its card. */
export function causeChips(cause: Cause, subject: string): HTMLElement {
  if (cause.kind === "unattributed") {
    return h("span", { class: "cause-chips" }, chip(null, `${subject}-unexplained`));
  }
  return h("span", { class: "cause-chips" }, ...cause.quirks.map((quirk) => chip(quirk.id, `${subject}-${quirk.id}`)));
}

function chip(quirk: string | null, key: string): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: quirk === null ? "cause-chip unexplained" : "cause-chip",
      "data-key": `cause-${key}`,
      title: "Show the cause",
      onclick: (event: MouseEvent) => showCard(quirk, event.currentTarget),
    },
    quirk ?? "unexplained",
  );
}

/** Moves the focus to the card; the card's own button brings it back. */
function showCard(quirk: string | null, from: EventTarget | null): void {
  const card = document.getElementById(causeCardId(quirk));
  if (card === null) return;
  for (const other of document.querySelectorAll(".cause-card.current")) other.classList.remove("current");
  card.classList.add("current");
  const back = card.querySelector<HTMLButtonElement>(".cause-back");
  if (back !== null && from instanceof HTMLElement) {
    back.hidden = false;
    back.onclick = () => from.focus();
  }
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}
