// @vitest-environment jsdom
import type { ScheduleTree, TriedSchedule } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { svgText } from "../test/svg-text.ts";
import { countEnds, scheduleTree } from "./schedule-tree.ts";

function branch(tick: number, end: TriedSchedule["end"], parent = -1): TriedSchedule {
  return { parent, deviation: `signal@${tick}`, vcpu: 0, tick, end };
}

const TREE: ScheduleTree = {
  tried: [
    branch(100, "merged"),
    branch(140, "tried"),
    branch(150, "ended", 1),
    branch(180, "violated", 1),
    branch(200, "ended"),
  ],
  truncated: false,
};

test("branches leave the undisturbed run, and the chosen one has its own below", async () => {
  const svg = scheduleTree(TREE, { document, width: 480, chosen: [1, 3] });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/schedule-tree.svg");
});

test("without a choice only the first branches are drawn, and the name counts all of them", () => {
  const svg = scheduleTree(TREE, { document });
  expect([...svg.querySelectorAll("[data-index]")].map((line) => line.getAttribute("data-index"))).toEqual([
    "0",
    "1",
    "4",
  ]);
  expect(svg.getAttribute("aria-label")).toBe(
    "5 schedules tried: 1 came back to a known state, 2 ended without harm, 1 broke the property",
  );
  expect(countEnds(TREE.tried)).toEqual({ merged: 1, tried: 1, ended: 2, violated: 1 });
});

test("what breaks the property is never hidden by its neighbours", () => {
  const tried = Array.from({ length: 20_000 }, (_, tick) => branch(tick, tick === 777 ? "violated" : "merged"));
  const svg = scheduleTree({ tried, truncated: false }, { document, width: 600 });
  expect(svg.querySelectorAll(".hv-branch").length).toBeLessThan(600);
  expect(svg.querySelectorAll(".hv-branch-violated").length).toBe(1);
});
