/** An SVG as text with an element a line, so that a changed picture is a readable diff. */
export function svgText(svg: SVGSVGElement): string {
  return `${svg.outerHTML.replaceAll(/></g, ">\n<")}\n`;
}
