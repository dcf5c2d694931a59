import type { QuirkResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { evidenceList, versionsOf } from "../parts/cause-panel.ts";
import { confidenceBadge } from "../parts/confidence-badge.ts";
import { formatRoute, HOME, type QuirksRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";

/** Every known quirk: what, in which releases, how it is known, and where it shows. */
export function quirksView(route: QuirksRoute, context: ViewContext): View {
  const search = h("input", {
    type: "search",
    value: route.q,
    "aria-label": "Find quirks",
    placeholder: "words of an id or summary",
    "data-key": "quirk-search",
    oninput: () => {
      filter(search.value);
      context.note({ ...route, q: search.value });
    },
  });
  let entries: readonly Entry[] = [];
  const status = h("p", { class: "summary", role: "status" });
  const filter = (text: string) => {
    const words = text.toLowerCase().split(/\s+/);
    for (const { element, haystack } of entries) element.hidden = !words.every((word) => haystack.includes(word));
    status.textContent = `${entries.filter(({ element }) => !element.hidden).length} of ${count(entries.length, "quirk")}`;
  };
  const load = async () => {
    entries = (await context.api.quirks()).map((quirk) => entryOf(quirk, quirk.id === route.id));
    filter(search.value);
    return h(
      "section",
      { class: "quirk-list", "aria-label": "Results" },
      status,
      ...entries.map(({ element }) => element),
    );
  };
  return {
    title: route.id ?? "Quirks",
    controls: controls(search),
    load: load(),
    onShown: () => document.querySelector(".quirk-entry.current")?.scrollIntoView({ block: "center" }),
    keys: { "/": () => search.focus() },
  };
}

function controls(search: HTMLInputElement): HTMLElement {
  return h(
    "section",
    { class: "controls" },
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, "Quirks"),
      h(
        "p",
        { class: "lead" },
        "Ways in which a product is not like silicon, each with the releases that have it and where that is known from.",
      ),
    ),
    search,
  );
}

interface Entry {
  readonly element: HTMLElement;
  readonly haystack: string;
}

function entryOf(quirk: QuirkResult, isCurrent: boolean): Entry {
  const { id, summary, affects, confidence } = quirk;
  const element = h(
    "article",
    { class: isCurrent ? "quirk-entry current" : "quirk-entry", "aria-label": id },
    h(
      "div",
      { class: "cause-head" },
      h("h2", { class: "mono" }, h("a", { href: formatRoute({ view: "quirks", id, q: "" }) }, id)),
      confidenceBadge(confidence),
    ),
    h("p", {}, summary),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, "Versions"),
      h("dd", {}, versionsOf(quirk), quirk.optIn && " (off unless asked for)"),
      h("dt", {}, "Affects"),
      h("dd", { class: "mono" }, affects.join(", ") || "–"),
      h("dt", {}, "Evidence"),
      h("dd", {}, evidenceList(quirk)),
    ),
    h("a", { href: formatRoute({ ...HOME, q: `quirk:${id}` }) }, "Scenarios that show it"),
  );
  return { element, haystack: `${id} ${summary} ${affects.join(" ")} ${confidence}`.toLowerCase() };
}
