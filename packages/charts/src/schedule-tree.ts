import type { ScheduleTree, TriedSchedule } from "@hvdiff/lab";
import { axisBottom, scaleLinear } from "d3";
import { FONT, PAINT } from "./paint.ts";
import { type ChartOptions, createSvg, type Layer, svgElement } from "./svg-root.ts";

export interface ScheduleTreeOptions extends ChartOptions {
  readonly width?: number;
  /** Positions of the deviations that are looked at, the first one first. */
  readonly chosen?: readonly number[];
}

const LANE = { height: 54, top: 18, left: 96, right: 12 };
const AXIS = 26;

type End = TriedSchedule["end"];

/** The worst of what shares a pixel is what is shown. */
const RANK: Readonly<Record<End, number>> = { merged: 0, tried: 1, ended: 2, violated: 3 };

const LOOKS: Readonly<Record<End, { readonly paint: string; readonly length: number; readonly width: number }>> = {
  merged: { paint: PAINT.same, length: 14, width: 1.5 },
  tried: { paint: PAINT.muted, length: 20, width: 1.5 },
  ended: { paint: PAINT.reference, length: 26, width: 1.5 },
  violated: { paint: PAINT.unexplained, length: 34, width: 3 },
};

/** How many schedules ended in each way. */
export function countEnds(tried: readonly TriedSchedule[]): Readonly<Record<End, number>> {
  const counts: Record<End, number> = { merged: 0, tried: 0, ended: 0, violated: 0 };
  for (const { end } of tried) counts[end]++;
  return counts;
}

/**
 * The interleavings that a search walked: the run that nothing disturbs as a line over time, and a branch where something comes from outside. A short
 * branch comes back to a known state, a long one ends otherwise. Below it, the continuations of the branch that is looked at.
 */
export function scheduleTree(tree: ScheduleTree, options: ScheduleTreeOptions): SVGSVGElement {
  const width = options.width ?? 1000;
  const lanes = lanesOf(tree.tried, options.chosen ?? []);
  const height = LANE.top + lanes.length * LANE.height + AXIS;
  const svg = createSvg(options.document, {
    width,
    height,
    name: options.name ?? sentence(tree.tried),
    isPicture: true,
    className: "hv-chart hv-schedule-tree",
  });
  const ticks = tree.tried.map(({ tick }) => tick);
  const [first, last] = [
    ticks.reduce((a, b) => Math.min(a, b), ticks[0] ?? 0),
    ticks.reduce((a, b) => Math.max(a, b), 1),
  ];
  const x = scaleLinear([first, Math.max(first + 1, last)], [LANE.left, width - LANE.right]);
  const layer = svg.append("g");
  lanes.forEach((lane, depth) => {
    drawLane(layer, lane, { depth, x, width });
  });
  const axis = layer
    .append("g")
    .attr("transform", `translate(0,${height - AXIS})`)
    .attr("color", PAINT.muted);
  axis.call(axisBottom(x).ticks(8, "d").tickSizeOuter(0));
  axis.attr("font-family", FONT.sans).attr("font-size", 11);
  return svgElement(svg);
}

/** A branch, and its children. */
interface Lane {
  readonly branches: readonly (TriedSchedule & { readonly index: number })[];
  readonly chosen: number | null;
  /** Where the lane's run leaves the one above. */
  readonly from: number | null;
}

function lanesOf(tried: readonly TriedSchedule[], chosen: readonly number[]): Lane[] {
  const all = tried.map((branch, index) => ({ ...branch, index }));
  const parents = [-1, ...chosen];
  const lanes = parents.map((parent, depth) => ({
    branches: all.filter((branch) => branch.parent === parent),
    chosen: chosen[depth] ?? null,
    from: parent < 0 ? null : (tried[parent]?.tick ?? null),
  }));
  return lanes.filter(({ branches }, depth) => depth === 0 || branches.length > 0);
}

function drawLane(
  layer: Layer,
  lane: Lane,
  place: { depth: number; x: (tick: number) => number; width: number },
): void {
  const { depth, x, width } = place;
  const y = LANE.top + depth * LANE.height;
  const start = lane.from === null ? LANE.left : x(lane.from);
  layer
    .append("line")
    .attr("x1", start)
    .attr("x2", width - LANE.right)
    .attr("y1", y)
    .attr("y2", y)
    .attr("stroke", PAINT.muted);
  if (lane.from !== null)
    layer
      .append("line")
      .attr("x1", start)
      .attr("x2", start)
      .attr("y1", y - LANE.height)
      .attr("y2", y)
      .attr("stroke", PAINT.muted);
  layer
    .append("text")
    .attr("x", 4)
    .attr("y", y + 4)
    .attr("font-family", FONT.mono)
    .attr("font-size", 12)
    .attr("fill", PAINT.text)
    .text(depth === 0 ? "undisturbed" : `${depth} from outside`);
  // The worst on top.
  const drawn = [...byPixel(lane, x)].sort(([, one], [, other]) => RANK[one.end] - RANK[other.end]);
  for (const [pixel, branch] of drawn) {
    const { paint, length, width: stroke } = LOOKS[branch.end];
    layer
      .append("line")
      .attr("class", `hv-branch hv-branch-${branch.end}`)
      .attr("data-index", branch.index)
      .attr("x1", pixel)
      .attr("x2", pixel + length / 4)
      .attr("y1", y + 1)
      .attr("y2", y + length)
      .attr("stroke", paint)
      .attr("stroke-width", branch.index === lane.chosen ? stroke + 2 : stroke);
  }
}

function byPixel({ branches, chosen }: Lane, x: (tick: number) => number): Map<number, Lane["branches"][number]> {
  const drawn = new Map<number, Lane["branches"][number]>();
  for (const branch of branches) {
    const pixel = Math.round(x(branch.tick));
    const there = drawn.get(pixel);
    const isWorse = there === undefined || RANK[branch.end] > RANK[there.end] || branch.index === chosen;
    if (isWorse && there?.index !== chosen) drawn.set(pixel, branch);
  }
  return drawn;
}

function sentence(tried: readonly TriedSchedule[]): string {
  const { merged, ended, violated } = countEnds(tried);
  return `${tried.length} schedules tried: ${merged} came back to a known state, ${ended} ended without harm, ${violated} broke the property`;
}
