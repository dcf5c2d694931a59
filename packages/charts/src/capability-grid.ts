import type { CapabilityGroup, CapabilityState } from "@hvdiff/lab";
import { max, range, scaleBand } from "d3";
import { FONT, PAINT } from "./paint.ts";
import { type ChartOptions, createSvg, type Layer, type Svg, svgElement } from "./svg-root.ts";

export interface CapabilityGridOptions extends ChartOptions {
  /** Column labels, in the order of the group's states. */
  readonly columns: readonly string[];
}

const BOX = 12;
const STEP = 16;
const TOP = 22;
const LABEL_CHARACTER = 6.8;
const LONGEST_LABEL = 34;

/** One register as a grid, bits from right to left as manuals draw them, a row per column; differing bits stand on a coloured band. */
export function capabilityGrid(group: CapabilityGroup, options: CapabilityGridOptions): SVGSVGElement {
  const highest = max(group.bits, (bit) => bit.bit) ?? 0;
  const bits = range(Math.ceil((highest + 1) / 8) * 8).reverse();
  const labels = options.columns.map(shorten);
  const left = Math.ceil((max(labels, (label) => label.length) ?? 0) * LABEL_CHARACTER) + 14;
  const x = scaleBand(bits, [left, left + bits.length * STEP]);
  const differing = group.bits.filter((bit) => bit.differs);
  const svg = createSvg(options.document, {
    width: left + bits.length * STEP,
    height: TOP + labels.length * STEP + 2,
    name: options.name ?? gridSentence(group, differing.length),
    isPicture: true,
    className: "hv-chart hv-capability-grid",
  });
  for (const bit of differing) drawBand(svg, { x: x(bit.bit) ?? 0, rows: labels.length });
  drawAxis(svg, bits, (bit) => x(bit) ?? 0);
  labels.forEach((label, row) => {
    const layer = svg.append("g").attr("transform", `translate(0,${TOP + row * STEP})`);
    drawLabel(layer, { label, x: left - 8 });
    drawUnnamed(
      layer,
      bits.filter((bit) => group.bits.every((named) => named.bit !== bit)).map((bit) => x(bit) ?? 0),
    );
    for (const bit of group.bits) {
      const place = layer.append("g").attr("transform", `translate(${(x(bit.bit) ?? 0) + 2},0)`);
      place.append("title").text(`${bit.bit} ${bit.label}: ${bit.states[row] ?? "absent"}`);
      drawState(place, bit.states[row] ?? null);
    }
  });
  return svgElement(svg);
}

function shorten(label: string): string {
  return label.length <= LONGEST_LABEL ? label : `${label.slice(0, LONGEST_LABEL - 1)}…`;
}

function drawBand(svg: Svg, band: { x: number; rows: number }): void {
  svg
    .append("rect")
    .attr("class", "hv-differs")
    .attr("x", band.x)
    .attr("y", TOP - 4)
    .attr("width", STEP)
    .attr("height", band.rows * STEP + 4)
    .attr("rx", 3)
    .attr("fill", PAINT.hereSoft)
    .attr("stroke", PAINT.here)
    .attr("stroke-width", 1);
}

function drawAxis(svg: Svg, bits: readonly number[], x: (bit: number) => number): void {
  for (const bit of bits.filter((number) => number % 4 === 0)) {
    svg
      .append("text")
      .attr("x", x(bit) + STEP / 2)
      .attr("y", 12)
      .attr("text-anchor", "middle")
      .attr("font-family", FONT.mono)
      .attr("font-size", 9)
      .attr("fill", PAINT.muted)
      .text(bit);
  }
}

function drawLabel(layer: Layer, text: { label: string; x: number }): void {
  layer
    .append("text")
    .attr("x", text.x)
    .attr("y", BOX / 2)
    .attr("dy", "0.35em")
    .attr("text-anchor", "end")
    .attr("font-family", FONT.mono)
    .attr("font-size", 11)
    .attr("fill", PAINT.text)
    .text(text.label);
}

function drawUnnamed(layer: Layer, places: readonly number[]): void {
  for (const place of places) {
    layer
      .append("circle")
      .attr("cx", place + STEP / 2)
      .attr("cy", BOX / 2)
      .attr("r", 1)
      .attr("fill", PAINT.line);
  }
}

/** Empty, half, full, full with a hole: told apart without colour. */
function drawState(place: Layer, state: CapabilityState | null): void {
  if (state === null) return;
  place.attr("class", `hv-state hv-state-${state}`);
  place
    .append("rect")
    .attr("x", 0.5)
    .attr("y", 0.5)
    .attr("width", BOX - 1)
    .attr("height", BOX - 1)
    .attr("rx", 2)
    .attr("fill", state === "yes" || state === "forced" ? PAINT.reference : PAINT.surface)
    .attr("stroke", state === "no" ? PAINT.muted : PAINT.reference);
  if (state === "default") {
    place
      .append("path")
      .attr("d", `M1,${BOX - 1}V1L${BOX - 1},${BOX - 1}Z`)
      .attr("fill", PAINT.reference);
  }
  if (state === "forced") {
    place
      .append("circle")
      .attr("cx", BOX / 2)
      .attr("cy", BOX / 2)
      .attr("r", 2.2)
      .attr("fill", PAINT.surface);
  }
}

function gridSentence(group: CapabilityGroup, differing: number): string {
  return `${group.title}: ${group.bits.length} named bits, ${differing} differ`;
}
