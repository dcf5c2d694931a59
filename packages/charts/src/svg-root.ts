import { type Selection, select } from "d3";

export type Svg = Selection<SVGSVGElement, unknown, null, undefined>;
/** Any element to draw into. */
export type Layer = Selection<SVGGElement, unknown, null, undefined>;

/** What every chart needs: a document to create elements in, and a name for those who do not see it. */
export interface ChartOptions {
  readonly document: Document;
  /** Accessible name; each chart has a sensible one of its own. */
  readonly name?: string;
}

/** An empty SVG that scales down with its container and has an accessible name. A picture's parts are hidden from assistive technology. */
export function createSvg(
  document: Document,
  root: { width: number; height: number; name: string; isPicture: boolean; className: string },
): Svg {
  return select(document.createElementNS("http://www.w3.org/2000/svg", "svg"))
    .attr("xmlns", "http://www.w3.org/2000/svg")
    .attr("class", root.className)
    .attr("role", root.isPicture ? "img" : null)
    .attr("aria-label", root.name)
    .attr("viewBox", `0 0 ${root.width} ${root.height}`)
    .attr("width", root.width)
    .attr("height", root.height);
}

/** The finished element of a chart. */
export function svgElement(svg: Svg): SVGSVGElement {
  const element = svg.node();
  if (element === null) throw new Error("an SVG selection without an element");
  return element;
}
