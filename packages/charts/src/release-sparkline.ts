import { scaleLinear } from "d3";
import { PAINT } from "./paint.ts";
import { type ChartOptions, createSvg, svgElement } from "./svg-root.ts";

/** How one release of a product compares with the reference. */
export interface ReleasePoint {
  readonly release: string;
  /** How many verdicts differ. */
  readonly differing: number;
  readonly state: "same" | "differs" | "unexplained";
}

const STEP = 9;
const BAR = 6;
const HEIGHT = 18;
const LEAST = 3;
const FILLS: Readonly<Record<ReleasePoint["state"], string>> = {
  same: PAINT.same,
  differs: PAINT.here,
  unexplained: PAINT.unexplained,
};

/** A bar for each release of one product, oldest first: nothing differs is a low grey one, the taller the more differs. */
export function releaseSparkline(points: readonly ReleasePoint[], options: ChartOptions): SVGSVGElement {
  const svg = createSvg(options.document, {
    width: Math.max(1, points.length) * STEP,
    height: HEIGHT,
    name: options.name ?? sentence(points),
    isPicture: true,
    className: "hv-chart hv-release-sparkline",
  });
  const most = Math.max(1, ...points.map(({ differing }) => differing));
  const height = scaleLinear([0, most], [LEAST, HEIGHT]);
  points.forEach(({ differing, state }, index) => {
    const tall = Math.round(state === "same" ? LEAST : Math.max(2 * LEAST, height(differing)));
    svg
      .append("rect")
      .attr("class", `hv-release hv-release-${state}`)
      .attr("x", index * STEP + (STEP - BAR) / 2)
      .attr("y", HEIGHT - tall)
      .attr("width", BAR)
      .attr("height", tall)
      .attr("rx", 1)
      .attr("fill", FILLS[state]);
  });
  return svgElement(svg);
}

function sentence(points: readonly ReleasePoint[]): string {
  return points
    .map(({ release, differing, state }) => `${release} ${state === "same" ? "same" : `${differing} differ`}`)
    .join(", ");
}
