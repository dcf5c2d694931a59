// @vitest-environment jsdom
import { expect, test } from "vitest";
import { matrixFixture } from "../test/fixtures.ts";
import { svgText } from "../test/svg-text.ts";
import { matrixChart } from "./matrix-chart.ts";

test("the matrix chart draws a row per scenario and marks what differs and what is unexplained", async () => {
  const svg = matrixChart(matrixFixture(), {
    document,
    href: (scenario, column) => `#/compare/${scenario}?right=${column}`,
  });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/matrix-chart.svg");
});

test("every cell of the matrix chart says in words what it shows", () => {
  const names = [...matrixChart(matrixFixture(), { document }).querySelectorAll("g[aria-label]")].map((cell) =>
    cell.getAttribute("aria-label"),
  );
  expect(names).toEqual([
    "xsaves-control, metal: reference, signature A, exit 0",
    "xsaves-control, kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on: 2 of 6 verdicts differ, signature B, exit 0",
    "xsaves-control, virtualbox@7.0: 3 of 6 verdicts differ, 1 unexplained, signature C, exit 0",
    "ept-walk, metal: reference, signature A, exit 0",
    "ept-walk, kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on: same as the reference, signature A",
    "ept-walk, virtualbox@7.0: 0 of 6 verdicts differ, signature B, hang",
  ]);
});

test("a matrix without rows is an empty chart, not an error", () => {
  const svg = matrixChart({ ...matrixFixture(), rows: [] }, { document });
  expect(svg.getAttribute("aria-label")).toBe("Differences of 0 scenarios in 3 columns");
});
