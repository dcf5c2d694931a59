import type { Cause, EvidenceResult, QuirkResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { formatRoute } from "../route.ts";
import { causeCardId } from "./cause-chip.ts";
import { confidenceBadge } from "./confidence-badge.ts";

/** A cause and what it explains: a verdict, a bit. */
export interface Explained {
  readonly subject: string;
  readonly cause: Cause;
}

interface Card {
  /** Null: unexplained. */
  readonly quirk: QuirkResult | null;
  readonly reasons: Set<string>;
  readonly subjects: Set<string>;
}

/** Every cause once, as a card with its evidence and what it explains; the unexplained come first. */
export function causePanel(
  explained: readonly Explained[],
  options: { withoutQuirk?: (quirk: string) => string } = {},
): HTMLElement {
  const cards = cardsOf(explained);
  return h(
    "aside",
    { class: "causes", "aria-labelledby": "causes-title" },
    h("h2", { id: "causes-title" }, "Causes"),
    cards.length === 0 && h("p", { class: "quiet" }, "Nothing differs, so there is nothing to explain."),
    ...cards.map((card) => (card.quirk === null ? unexplainedCard(card) : quirkCard(card, card.quirk, options))),
  );
}

function cardsOf(explained: readonly Explained[]): Card[] {
  const cards = new Map<string | null, Card>();
  for (const { subject, cause } of explained) {
    const quirks = cause.kind === "quirks" ? cause.quirks : [null];
    for (const quirk of quirks) {
      const key = quirk?.id ?? null;
      const card = cards.get(key) ?? { quirk, reasons: new Set(), subjects: new Set() };
      cards.set(key, card);
      card.subjects.add(subject);
      if (cause.kind === "unattributed") card.reasons.add(cause.reason);
    }
  }
  const all = [...cards.values()];
  return [...all.filter((card) => card.quirk === null), ...all.filter((card) => card.quirk !== null)];
}

function unexplainedCard(card: Card): HTMLElement {
  return h(
    "article",
    { class: "cause-card unexplained", id: causeCardId(null), tabindex: -1, "aria-labelledby": "unexplained-title" },
    h("h3", { id: "unexplained-title" }, "Unexplained"),
    h("p", {}, "No set of quirks that was tried makes this the reference's: a bug of hvdiff, or a discovery."),
    ...[...card.reasons].map((reason) => h("p", { class: "quiet" }, reason)),
    subjectList(card.subjects),
    backButton(),
  );
}

function quirkCard(card: Card, quirk: QuirkResult, options: { withoutQuirk?: (quirk: string) => string }): HTMLElement {
  const id = causeCardId(quirk.id);
  const without = options.withoutQuirk?.(quirk.id);
  return h(
    "article",
    { class: "cause-card", id, tabindex: -1, "aria-labelledby": `${id}-title` },
    h(
      "div",
      { class: "cause-head" },
      h(
        "h3",
        { id: `${id}-title`, class: "mono" },
        h("a", { href: formatRoute({ view: "quirks", id: quirk.id, q: "" }) }, quirk.id),
      ),
      confidenceBadge(quirk.confidence),
    ),
    h("p", {}, quirk.summary),
    h(
      "dl",
      { class: "facts" },
      ...fact("Versions", versionsOf(quirk)),
      ...fact("Affects", quirk.affects.length === 0 ? null : h("span", { class: "mono" }, quirk.affects.join(", "))),
      ...fact("Evidence", evidenceList(quirk)),
    ),
    subjectList(card.subjects),
    without !== undefined && h("a", { class: "card-action", href: without }, "Compare without this quirk"),
    backButton(),
  );
}

function fact(name: string, value: string | HTMLElement | null): HTMLElement[] {
  return value === null ? [] : [h("dt", {}, name), h("dd", {}, value)];
}

/** The releases that have a quirk. */
export function versionsOf(quirk: QuirkResult): string {
  const from = quirk.since === undefined ? "every version known" : `since ${quirk.since}`;
  return `${quirk.product}: ${from}${quirk.until === undefined ? "" : `, gone in ${quirk.until}`}`;
}

/** Where a quirk is known from. */
export function evidenceList({ evidence }: QuirkResult): HTMLElement | string {
  return evidence.length === 0 ? "none recorded" : h("ul", {}, ...evidence.map(evidenceItem));
}

function evidenceItem({ kind, text, url }: EvidenceResult): HTMLElement {
  const words = url === undefined ? text : h("a", { href: url, target: "_blank", rel: "noreferrer" }, text);
  return h("li", {}, h("span", { class: "evidence-kind" }, kind), " ", words);
}

function subjectList(subjects: ReadonlySet<string>): HTMLElement {
  return h(
    "details",
    { class: "explains" },
    h("summary", {}, `Explains ${count(subjects.size, "difference")}`),
    h("ul", {}, ...[...subjects].map((subject) => h("li", { class: "mono" }, subject))),
  );
}

function backButton(): HTMLElement {
  return h("button", { type: "button", class: "cause-back plain", hidden: true }, "Back to the difference");
}
