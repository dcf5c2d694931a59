// @vitest-environment jsdom
import { expect, test } from "vitest";
import { groupFixture } from "../test/fixtures.ts";
import { svgText } from "../test/svg-text.ts";
import { capabilityGrid } from "./capability-grid.ts";

test("the capability grid draws four states and a band behind differing bits", async () => {
  const svg = capabilityGrid(groupFixture(), { document, columns: ["metal", "kvm@6.1"] });
  await expect(svgText(svg)).toMatchFileSnapshot("../test/snapshots/capability-grid.svg");
});

test("a register is drawn up to the byte of its highest named bit", () => {
  const group = groupFixture();
  const wide = { ...group, bits: group.bits.map((bit) => (bit.bit === 20 ? { ...bit, bit: 41 } : bit)) };
  const width = (svg: SVGSVGElement) => Number(svg.getAttribute("width"));
  const columns = ["metal", "kvm@6.1"];
  expect(width(capabilityGrid(wide, { document, columns })) - width(capabilityGrid(group, { document, columns }))).toBe(
    24 * 16,
  );
});
