import { lanesOf, levelsTimeline } from "@hvdiff/charts";
import type { AlignedRow, ColumnResult, EventResult } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { onTimelineWidth, timelineWidth } from "../parts/timeline-width.ts";
import { saveFile } from "../save-file.ts";
import { chromeTrace } from "./chrome-trace.ts";

const LEAST_SPAN = 20;
/** A click waits so long for a second one: what it does scrolls the picture away from under the pointer. */
const DOUBLE_MS = 300;
/** Where the lanes begin and end, of the width. */
const INSET = { left: 96, right: 8 };

interface Timeline {
  readonly events: readonly EventResult[];
  readonly picture: HTMLElement;
  readonly words: HTMLElement;
  span: readonly [number, number];
}

/** The levels of one column over the run: drag to zoom in, and out again by double click; or with the buttons. */
export function timelinePanel(
  column: ColumnResult,
  rows: readonly AlignedRow[],
  onevent: (row: number) => void,
): HTMLElement {
  const events = rows.flatMap(({ right }) => (right === null ? [] : [right]));
  const rowOf = new Map(rows.flatMap(({ right }, row) => (right === null ? [] : [[right.index, row] as const])));
  const timeline: Timeline = {
    events,
    picture: h("div", { class: "timeline-picture" }),
    words: h("span", { class: "quiet", role: "status" }),
    span: [0, Math.max(1, events.length)],
  };
  brush(timeline, (index) => onevent(rowOf.get(index) ?? 0));
  draw(timeline);
  onTimelineWidth(timeline.picture, () => draw(timeline));
  return h(
    "details",
    { class: "timeline" },
    h("summary", {}, "Levels over the run"),
    h("div", { class: "timeline-tools" }, ...tools(timeline, column), timeline.words),
    timeline.picture,
    eventCounts(events),
  );
}

function draw({ events, picture, words, span }: Timeline): void {
  picture.replaceChildren(levelsTimeline(events, { document, width: timelineWidth(), span }));
  words.textContent = `${count(span[1] - span[0], "event")} of ${count(events.length, "event")}`;
}

function zoom(timeline: Timeline, from: number, to: number): void {
  const total = Math.max(1, timeline.events.length);
  const middle = (from + to) / 2;
  const half = Math.max(LEAST_SPAN, to - from) / 2;
  timeline.span = [Math.max(0, Math.floor(middle - half)), Math.min(total, Math.ceil(middle + half))];
  draw(timeline);
}

function tools(timeline: Timeline, column: ColumnResult): HTMLElement[] {
  const button = (text: string, name: string, onclick: () => void) =>
    h("button", { type: "button", "aria-label": name, title: name, onclick }, text);
  const scale = (factor: number, shift: number) => () => {
    const [start, end] = timeline.span;
    const length = (end - start) * factor;
    const middle = (start + end) / 2 + (end - start) * shift;
    zoom(timeline, middle - length / 2, middle + length / 2);
  };
  return [
    button("+", "Zoom in", scale(0.5, 0)),
    button("−", "Zoom out", scale(2, 0)),
    button("←", "Earlier events", scale(1, -0.5)),
    button("→", "Later events", scale(1, 0.5)),
    button("Perfetto", "Save as a trace for Perfetto or chrome://tracing", () =>
      saveFile(`${column.runId}.trace.json`, "application/json", chromeTrace(timeline.events)),
    ),
    button("SVG", "Save the picture as SVG", () =>
      saveFile(`${column.runId}.svg`, "image/svg+xml", timeline.picture.querySelector("svg")?.outerHTML ?? ""),
    ),
  ];
}

/** A drag chooses a stretch, a click looks at an event, a double click shows everything. */
function brush(timeline: Timeline, onevent: (index: number) => void): void {
  const { picture } = timeline;
  let from: number | null = null;
  let click: ReturnType<typeof setTimeout> | undefined;
  const eventAt = ({ clientX }: PointerEvent): number => {
    const width = timelineWidth();
    const box = picture.querySelector("svg")?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const x = ((clientX - box.left) / box.width) * width;
    const part = (x - INSET.left) / (width - INSET.left - INSET.right);
    return timeline.span[0] + Math.min(1, Math.max(0, part)) * (timeline.span[1] - timeline.span[0]);
  };
  picture.addEventListener("pointerdown", (event) => {
    from = eventAt(event);
  });
  picture.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const to = eventAt(event);
    const isDrag = Math.abs(to - from) > (timeline.span[1] - timeline.span[0]) / 100;
    if (isDrag) zoom(timeline, Math.min(from, to), Math.max(from, to));
    else {
      const { index = 0 } = timeline.events[Math.min(timeline.events.length - 1, Math.floor(to))] ?? {};
      clearTimeout(click);
      click = setTimeout(() => onevent(index), DOUBLE_MS);
    }
    from = null;
  });
  picture.addEventListener("dblclick", () => {
    clearTimeout(click);
    zoom(timeline, 0, timeline.events.length);
  });
}

/** The picture as a table: how many events of which kind each level has. */
function eventCounts(events: readonly EventResult[]): HTMLElement {
  const lanes = lanesOf(events);
  const counts = new Map<string, number>();
  for (const { kind, vcpu, level } of events) {
    const key = `${kind} ${vcpu} ${level}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const kinds = [...new Set([...counts.keys()].map((key) => key.split(" ")[0] ?? ""))].sort();
  const number = (kind: string, vcpu: number, level: number) => counts.get(`${kind} ${vcpu} ${level}`) ?? 0;
  return h(
    "table",
    { class: "counts-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...["Event", ...lanes.map(({ vcpu, level }) => `vCPU ${vcpu}, L${level}`)].map((text) =>
          h("th", { scope: "col" }, text),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ...kinds.map((kind) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, kind),
          ...lanes.map(({ vcpu, level }) => h("td", {}, number(kind, vcpu, level))),
        ),
      ),
    ),
  );
}
