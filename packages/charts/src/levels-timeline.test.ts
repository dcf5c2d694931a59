// @vitest-environment jsdom
import type { EventResult } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { svgText } from "../test/svg-text.ts";
import { levelsTimeline } from "./levels-timeline.ts";

const KINDS = ["rdmsr", "vmwrite", "vmentry", "cpuid", "vmexit", "serial"];

function eventsFixture(length: number): EventResult[] {
  return Array.from({ length }, (_, index) => {
    const kind = KINDS[index % KINDS.length]!;
    const level = kind === "cpuid" ? 2 : 1;
    return { index, vcpu: index % 11 === 10 ? 1 : 0, level, time: index * 10, kind, data: {}, text: kind };
  });
}

test("each level of each virtual processor has its lane, entries and exits stand out", async () => {
  const svg = levelsTimeline(eventsFixture(24), { document, width: 480, mark: 4 });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/levels-timeline.svg");
});

test("a stretch alone is drawn, with nothing of the rest", () => {
  const svg = levelsTimeline(eventsFixture(100), { document, span: [20, 30] });
  const drawn = [...svg.querySelectorAll("[data-index]")].map((tick) => Number(tick.getAttribute("data-index")));
  expect(drawn.sort((one, other) => one - other)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
});

test("a hundred thousand events are as many ticks as there are pixels, and no exit is hidden by others", () => {
  const events = eventsFixture(100_000).map((event) => ({ ...event, vcpu: 0, level: 1, kind: "vmwrite" }));
  events[50_001] = { ...events[50_001]!, kind: "vmexit" };
  const svg = levelsTimeline(events, { document, width: 1000 });
  const ticks = [...svg.querySelectorAll(".hv-events")].map((path) => path.getAttribute("d")?.match(/M/g)?.length);
  expect(ticks.length).toBe(2);
  expect(ticks).toContain(1);
  expect(Math.max(...ticks.map(Number))).toBeLessThan(1000);
});

test("where events are many, ticks of a colour are one path", async () => {
  const svg = levelsTimeline(eventsFixture(900), { document, width: 300 });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/levels-timeline-crowd.svg");
});
