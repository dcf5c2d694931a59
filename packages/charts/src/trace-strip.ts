import type { AlignedKind, AlignedRow } from "@hvdiff/lab";
import { range, scaleLinear } from "d3";
import { type AlignmentRun, alignmentRuns } from "./alignment-runs.ts";
import { PAINT } from "./paint.ts";
import { type ChartOptions, createSvg, type Svg, svgElement } from "./svg-root.ts";

export interface TraceStripOptions extends ChartOptions {
  /** Width in pixels; more rows than pixels share a pixel, where any difference wins over equality. */
  readonly width?: number;
  /** A row to mark with a tick above the lanes. */
  readonly mark?: number;
}

const LANE = { height: 9, gap: 2, top: 8 };
const LEAST_WIDTH = 2;

/** A map of two aligned traces, left's lane above right's: grey where both say the same, coloured where a side has an event of its own. */
export function traceStrip(rows: readonly AlignedRow[], options: TraceStripOptions): SVGSVGElement {
  const width = options.width ?? 800;
  const svg = createSvg(options.document, {
    width,
    height: LANE.top + 2 * LANE.height + LANE.gap,
    name: options.name ?? stripSentence(rows),
    isPicture: true,
    className: "hv-chart hv-trace-strip",
  });
  svg.attr("preserveAspectRatio", "none");
  const x = scaleLinear([0, Math.max(rows.length, 1)], [0, width]);
  const kinds = binKinds(rows, Math.max(1, Math.min(rows.length, width)));
  const rowsPerBin = rows.length / Math.max(1, kinds.length);
  const runs = alignmentRuns(kinds.map((kind) => ({ kind })));
  for (const run of orderForPainting(runs)) {
    drawRun(svg, run.kind, { x: x(run.start * rowsPerBin), end: x(run.end * rowsPerBin) });
  }
  if (options.mark !== undefined) drawMark(svg, x(options.mark + 0.5));
  return svgElement(svg);
}

/** The kind that stands for each of `bins` stretches of equal length. */
function binKinds(rows: readonly AlignedRow[], bins: number): AlignedKind[] {
  if (rows.length === 0) return [];
  return range(bins).map((bin) => {
    const start = Math.floor((bin * rows.length) / bins);
    const end = Math.max(start + 1, Math.floor(((bin + 1) * rows.length) / bins));
    return strongestKind(rows.slice(start, end));
  });
}

function strongestKind(rows: readonly AlignedRow[]): AlignedKind {
  const kinds = new Set(rows.map((row) => row.kind));
  if (kinds.has("changed") || (kinds.has("only-left") && kinds.has("only-right"))) return "changed";
  if (kinds.has("only-left")) return "only-left";
  return kinds.has("only-right") ? "only-right" : "same";
}

/** Equal stretches first, so that a difference of one row, drawn wider than it is, is never covered. */
function orderForPainting(runs: readonly AlignmentRun[]): AlignmentRun[] {
  return [...runs.filter((run) => run.kind === "same"), ...runs.filter((run) => run.kind !== "same")];
}

function drawRun(svg: Svg, kind: AlignedKind, span: { x: number; end: number }): void {
  const width = Math.max(kind === "same" ? 0 : LEAST_WIDTH, span.end - span.x);
  const lanes = [
    { y: LANE.top, fill: kind === "same" ? PAINT.same : PAINT.reference, empty: kind === "only-right" },
    {
      y: LANE.top + LANE.height + LANE.gap,
      fill: kind === "same" ? PAINT.same : PAINT.here,
      empty: kind === "only-left",
    },
  ];
  for (const lane of lanes) {
    if (lane.empty) continue;
    svg
      .append("rect")
      .attr("class", `hv-run hv-run-${kind}`)
      .attr("x", round(span.x))
      .attr("y", lane.y)
      .attr("width", round(width))
      .attr("height", LANE.height)
      .attr("fill", lane.fill);
  }
}

function drawMark(svg: Svg, x: number): void {
  svg
    .append("path")
    .attr("class", "hv-mark")
    .attr("d", `M${round(x - 4)},0h8l-4,6z`)
    .attr("fill", PAINT.text);
}

function stripSentence(rows: readonly AlignedRow[]): string {
  const count = (kind: AlignedKind) => rows.filter((row) => row.kind === kind).length;
  return [
    `Alignment of ${rows.length} rows: ${count("same")} same`,
    `${count("changed")} changed`,
    `${count("only-left")} only left`,
    `${count("only-right")} only right`,
  ].join(", ");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
