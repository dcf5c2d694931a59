// @vitest-environment jsdom
import { expect, test } from "vitest";
import { svgText } from "../test/svg-text.ts";
import { type ReleasePoint, releaseSparkline } from "./release-sparkline.ts";

const POINTS: ReleasePoint[] = [
  { release: "4.20", differing: 8, state: "differs" },
  { release: "5.4", differing: 1, state: "unexplained" },
  { release: "6.1", differing: 0, state: "same" },
];

test("a bar for each release, by how much differs", async () => {
  const svg = releaseSparkline(POINTS, { document });
  expect(svg.getAttribute("aria-label")).toBe("4.20 8 differ, 5.4 1 differ, 6.1 same");
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/release-sparkline.svg");
});
