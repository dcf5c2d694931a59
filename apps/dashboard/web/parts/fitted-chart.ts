import { h } from "../element.ts";

const MOST_ENLARGED = 1.3;

/** A chart that takes the room there is: somewhat larger than drawn, never smaller, for then its container scrolls. */
export function fittedChart(chart: SVGSVGElement): HTMLElement {
  const width = Number(chart.getAttribute("width"));
  chart.style.minWidth = `${width}px`;
  chart.style.maxWidth = `${Math.round(width * MOST_ENLARGED)}px`;
  return h("div", { class: "fitted-chart", tabindex: 0 }, chart);
}
