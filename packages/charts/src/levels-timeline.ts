import type { EventResult } from "@hvdiff/lab";
import { axisBottom, scaleLinear } from "d3";
import { FONT, PAINT } from "./paint.ts";
import { type ChartOptions, createSvg, type Layer, svgElement } from "./svg-root.ts";

export interface LevelsTimelineOptions extends ChartOptions {
  readonly width?: number;
  /** The stretch of events that is drawn, `[start, end)`; default: all. */
  readonly span?: readonly [number, number];
  /** An event to mark. */
  readonly mark?: number;
}

const LANE = { height: 30, top: 8, left: 96 };
const AXIS = 26;
const LEAST = 1.5;

/** What an event is to a lane: running there, or changing the level. */
const FILLS: Readonly<Record<string, string>> = {
  vmentry: PAINT.reference,
  vmrun: PAINT.reference,
  vmexit: PAINT.here,
  exception: PAINT.unexplained,
  interrupt: PAINT.unexplained,
};

/** A level of a virtual processor, and how many events it has. */
export interface Lane {
  readonly vcpu: number;
  readonly level: number;
  readonly events: number;
}

/** Of traces that are drawn again and again. */
const knownLanes = new WeakMap<readonly EventResult[], readonly Lane[]>();

/** Lanes of a trace, a virtual processor's levels together, lowest first. */
export function lanesOf(events: readonly EventResult[]): readonly Lane[] {
  const known = knownLanes.get(events);
  if (known !== undefined) return known;
  const counts: number[][] = [];
  for (const { vcpu, level } of events) {
    counts[vcpu] ??= [];
    counts[vcpu][level] = (counts[vcpu][level] ?? 0) + 1;
  }
  const lanes = counts.flatMap((levels, vcpu) => levels.flatMap((count, level) => ({ vcpu, level, events: count })));
  knownLanes.set(events, lanes);
  return lanes;
}

/**
 * Swim-lanes of the levels: each event is a tick in the lane of the level that had it, in the trace's order. Where events are closer than a pixel one
 * tick stands for them, the rarest kind first: entries and exits are never lost among the rest.
 */
export function levelsTimeline(events: readonly EventResult[], options: LevelsTimelineOptions): SVGSVGElement {
  const width = options.width ?? 1000;
  const lanes = lanesOf(events);
  const height = LANE.top + lanes.length * LANE.height + AXIS;
  const [start, end] = options.span ?? [0, Math.max(1, events.length)];
  const svg = createSvg(options.document, {
    width,
    height,
    name: options.name ?? sentence(events),
    isPicture: true,
    className: "hv-chart hv-levels-timeline",
  });
  const x = scaleLinear([start, Math.max(start + 1, end)], [LANE.left, width - 8]);
  const layer = svg.append("g");
  const shown = events.slice(start, end);
  lanes.forEach((lane, index) => {
    const y = LANE.top + index * LANE.height;
    drawLane(layer, `vCPU ${lane.vcpu}  L${lane.level}`, { y, width });
    const here = shown.filter(({ vcpu, level }) => vcpu === lane.vcpu && level === lane.level);
    drawTicks(layer, here, { x, y, width: Math.max(LEAST, x(start + 1) - x(start) - 0.5) });
  });
  if (options.mark !== undefined && options.mark >= start && options.mark < end)
    drawMark(layer, x(options.mark + 0.5), height - AXIS);
  drawAxis(layer, x, height - AXIS);
  return svgElement(svg);
}

function drawLane(layer: Layer, name: string, { y, width }: { y: number; width: number }): void {
  layer
    .append("line")
    .attr("x1", LANE.left)
    .attr("x2", width - 8)
    .attr("y1", y + LANE.height - 4)
    .attr("y2", y + LANE.height - 4)
    .attr("stroke", PAINT.line);
  layer
    .append("text")
    .attr("x", 4)
    .attr("y", y + LANE.height / 2 + 4)
    .attr("font-family", FONT.mono)
    .attr("font-size", 12)
    .attr("fill", PAINT.text)
    .text(name);
}

type X = (index: number) => number;

function drawTicks(layer: Layer, events: readonly EventResult[], place: { x: X; y: number; width: number }): void {
  const drawn = new Map<number, EventResult>();
  for (const event of events) {
    const pixel = Math.round(place.x(event.index));
    const there = drawn.get(pixel);
    if (there === undefined || (FILLS[there.kind] === undefined && FILLS[event.kind] !== undefined))
      drawn.set(pixel, event);
  }
  if (place.width === LEAST) {
    drawCrowd(layer, drawn, place.y);
    return;
  }
  for (const event of drawn.values()) {
    const isChange = FILLS[event.kind] !== undefined;
    layer
      .append("rect")
      .attr("class", `hv-event hv-event-${event.kind}`)
      .attr("data-index", event.index)
      .attr("x", Math.round(place.x(event.index) * 10) / 10)
      .attr("y", place.y + (isChange ? 2 : 9))
      .attr("width", Math.round(place.width * 10) / 10)
      .attr("height", isChange ? LANE.height - 7 : LANE.height - 14)
      .attr("fill", FILLS[event.kind] ?? PAINT.muted);
  }
}

/** Ticks that stand for many events each: one path for each colour, since there are thousands. */
function drawCrowd(layer: Layer, drawn: ReadonlyMap<number, EventResult>, y: number): void {
  const paths = new Map<string, string[]>();
  for (const [pixel, { kind }] of drawn) {
    const fill = FILLS[kind];
    const [top, height] = fill === undefined ? [9, LANE.height - 14] : [2, LANE.height - 7];
    const path = paths.get(fill ?? PAINT.muted) ?? [];
    path.push(`M${pixel} ${y + top}h${LEAST}v${height}h-${LEAST}z`);
    paths.set(fill ?? PAINT.muted, path);
  }
  for (const [fill, path] of paths)
    layer.append("path").attr("class", "hv-events").attr("d", path.join("")).attr("fill", fill);
}

function drawMark(layer: Layer, x: number, height: number): void {
  layer
    .append("line")
    .attr("class", "hv-mark")
    .attr("x1", x)
    .attr("x2", x)
    .attr("y1", 0)
    .attr("y2", height)
    .attr("stroke", PAINT.text)
    .attr("stroke-dasharray", "3 2");
}

function drawAxis(layer: Layer, x: ReturnType<typeof scaleLinear<number, number>>, y: number): void {
  const axis = layer.append("g").attr("transform", `translate(0,${y})`).attr("color", PAINT.muted);
  axis.call(axisBottom(x).ticks(8, "d").tickSizeOuter(0));
  axis.attr("font-family", FONT.sans).attr("font-size", 11);
}

function sentence(events: readonly EventResult[]): string {
  const lanes = lanesOf(events).map((lane) => `vCPU ${lane.vcpu} level ${lane.level}: ${lane.events}`);
  return `${events.length} events by level. ${lanes.join(", ")}`;
}
