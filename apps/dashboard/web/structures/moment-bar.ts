import { levelsTimeline } from "@hvdiff/charts";
import type { EventResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { onTimelineWidth, timelineWidth } from "../parts/timeline-width.ts";

/** Where the lanes begin and end, of the width. */
const INSET = { left: 96, right: 8 };

/** A bar over a run: where one is, and how to go elsewhere. */
export interface MomentBar {
  readonly element: HTMLElement;
  /** Goes to an event. */
  look(moment: number): void;
  nextChange(): void;
  previousChange(): void;
  next(): void;
  previous(): void;
}

export interface MomentBarOptions {
  readonly events: readonly EventResult[];
  /** Events that “next change” stops at. */
  readonly stops: readonly number[];
  readonly moment: number;
  onmoment(moment: number): void;
}

/** The slider over a run's events with the levels above it, and the event in words. */
export function momentBar({ events, stops, moment, onmoment }: MomentBarOptions): MomentBar {
  let now = moment;
  const picture = h("div", { class: "moment-picture", "aria-hidden": "true" });
  const cursor = h("span", { class: "moment-cursor" });
  const slider = h("input", {
    type: "range",
    min: 0,
    max: Math.max(0, events.length - 1),
    value: now,
    "aria-label": "Moment of the run",
    "data-key": "moment",
    oninput: () => look(Number(slider.value)),
  });
  const draw = () => {
    const width = timelineWidth();
    picture.replaceChildren(levelsTimeline(events, { document, width }), cursor);
    slider.style.marginLeft = `${(100 * INSET.left) / width}%`;
    slider.style.width = `${100 - (100 * (INSET.left + INSET.right)) / width}%`;
  };
  const words = h("p", { class: "moment-words", role: "status" });
  const show = () => {
    const width = timelineWidth();
    const event = events[now];
    slider.value = String(now);
    slider.setAttribute("aria-valuetext", event?.text ?? "");
    const along = (now + 0.5) / Math.max(1, events.length);
    cursor.style.left = `${(100 * (INSET.left + (width - INSET.left - INSET.right) * along)) / width}%`;
    words.replaceChildren(...wordsOf(event, now, events.length));
  };
  const look = (to: number) => {
    now = Math.max(0, Math.min(events.length - 1, to));
    show();
    onmoment(now);
  };
  const moves = {
    look,
    nextChange: () => look(stops.find((stop) => stop > now) ?? now),
    previousChange: () => look(stops.findLast((stop) => stop < now) ?? now),
    next: () => look(now + 1),
    previous: () => look(now - 1),
  };
  draw();
  show();
  onTimelineWidth(picture, () => {
    draw();
    show();
  });
  return {
    ...moves,
    element: h("section", { class: "moment-bar", "aria-label": "Moment" }, picture, slider, row(moves, words)),
  };
}

function row(
  moves: Pick<MomentBar, "nextChange" | "previousChange" | "next" | "previous">,
  words: HTMLElement,
): HTMLElement {
  const button = (text: string, name: string, onclick: () => void) =>
    h("button", { type: "button", "aria-label": name, title: name, onclick }, text);
  return h(
    "div",
    { class: "moment-row" },
    button("↑ p", "Previous change (p)", moves.previousChange),
    button("↓ n", "Next change (n)", moves.nextChange),
    button("← k", "Previous event (k)", moves.previous),
    button("→ j", "Next event (j)", moves.next),
    words,
  );
}

function wordsOf(event: EventResult | undefined, moment: number, total: number): HTMLElement[] {
  if (event === undefined) return [h("span", { class: "quiet" }, "nothing happened")];
  return [
    h("span", { class: "quiet" }, `${moment + 1} of ${total} `),
    h("span", { class: `level level-${event.level}` }, `L${event.level}`),
    h("span", { class: "event-text" }, ` ${event.text}`),
  ];
}
