import type { MatrixCell, MatrixResult } from "@hvdiff/lab";
import { max, range, scaleBand, scaleLinear } from "d3";
import { columnLines } from "./column-lines.ts";
import { FONT, PAINT } from "./paint.ts";
import { signatureLetters } from "./signature-letters.ts";
import { type ChartOptions, createSvg, type Layer, type Svg, svgElement } from "./svg-root.ts";
import { verdictTotal } from "./verdict-total.ts";

export interface MatrixChartOptions extends ChartOptions {
  /** Where a cell leads; without it cells are not links. */
  readonly href?: (scenario: string, column: string) => string;
}

const CELL = { width: 104, height: 34, gap: 4 };
const HEADER_LINE = 14;
const LABEL_CHARACTER = 7.4;

interface Layout {
  readonly left: number;
  readonly top: number;
  readonly x: (index: number) => number;
  readonly y: (index: number) => number;
  readonly width: number;
  readonly height: number;
}

/** Scenarios x columns, the reference column leftmost: how much of each scenario's verdicts differ, and which columns agree with each other. */
export function matrixChart(matrix: MatrixResult, options: MatrixChartOptions): SVGSVGElement {
  const layout = layoutOf(matrix);
  const svg = createSvg(options.document, {
    width: layout.width,
    height: layout.height,
    name: options.name ?? `Differences of ${matrix.rows.length} scenarios in ${matrix.columns.length} columns`,
    isPicture: false,
    className: "hv-chart hv-matrix-chart",
  });
  drawHeader(svg, matrix, layout);
  matrix.rows.forEach((row, rowIndex) => {
    const group = svg.append("g").attr("transform", `translate(0,${layout.y(rowIndex)})`);
    group
      .append("text")
      .attr("x", layout.left - 12)
      .attr("y", CELL.height / 2)
      .attr("dy", "0.35em")
      .attr("text-anchor", "end")
      .attr("font-family", FONT.mono)
      .attr("font-size", 12)
      .attr("fill", PAINT.text)
      .text(row.scenario.id);
    const letters = signatureLetters(row.cells.map((cell) => cell.signature));
    row.cells.forEach((cell, column) => {
      const place = group.append("g").attr("transform", `translate(${layout.x(column)},0)`);
      drawCell(linked(place, options.href?.(row.scenario.id, cell.column)), {
        cell,
        letter: letters[column] ?? "",
        scenario: row.scenario.id,
        reference: column === 0,
        total: verdictTotal(cell, row.cells[0]),
        differs: cell.signature !== row.cells[0]?.signature,
      });
    });
  });
  return svgElement(svg);
}

function layoutOf(matrix: MatrixResult): Layout {
  const left = Math.ceil((max(matrix.rows, (row) => row.scenario.id.length) ?? 0) * LABEL_CHARACTER) + 16;
  const top = (max(matrix.columns, (column) => columnLines(column.column).length) ?? 0) * HEADER_LINE + 12;
  const width = left + matrix.columns.length * (CELL.width + CELL.gap);
  const height = top + matrix.rows.length * (CELL.height + CELL.gap);
  const x = scaleBand(range(matrix.columns.length), [left, width]);
  const y = scaleBand(range(matrix.rows.length), [top, height]);
  return { left, top, width, height, x: (index) => x(index) ?? left, y: (index) => y(index) ?? top };
}

function drawHeader(svg: Svg, matrix: MatrixResult, layout: Layout): void {
  matrix.columns.forEach((column, index) => {
    columnLines(column.column).forEach((line, lineIndex) => {
      svg
        .append("text")
        .attr("x", layout.x(index))
        .attr("y", (lineIndex + 1) * HEADER_LINE)
        .attr("font-family", FONT.mono)
        .attr("font-size", 11)
        .attr("font-weight", lineIndex === 0 ? 600 : 400)
        .attr("fill", lineIndex === 0 ? PAINT.text : PAINT.muted)
        .text(line);
    });
  });
}

function linked(place: Layer, href: string | undefined): Layer {
  if (href === undefined) return place.append("g");
  return place.append("a").attr("href", href) as unknown as Layer;
}

interface CellDrawing {
  readonly cell: MatrixCell;
  readonly letter: string;
  readonly scenario: string;
  readonly reference: boolean;
  readonly total: number;
  readonly differs: boolean;
}

function drawCell(layer: Layer, drawing: CellDrawing): void {
  const { cell } = drawing;
  const bar = scaleLinear([0, Math.max(drawing.total, 1)], [0, CELL.width - 20]);
  layer.attr("aria-label", `${drawing.scenario}, ${cell.column}: ${cellSentence(drawing)}`);
  layer
    .append("rect")
    .attr("width", CELL.width)
    .attr("height", CELL.height)
    .attr("rx", 5)
    .attr("fill", fillOf(drawing))
    .attr("stroke", strokeOf(drawing))
    .attr("stroke-dasharray", cell.unattributed > 0 ? "3 2" : null);
  cellText(layer, { x: 10, anchor: "start", weight: 600, text: drawing.letter });
  cellText(layer, { x: CELL.width - 10, anchor: "end", weight: 400, text: cellLabel(drawing) });
  layer
    .append("rect")
    .attr("x", 10)
    .attr("y", 25)
    .attr("width", CELL.width - 20)
    .attr("height", 3)
    .attr("rx", 1.5)
    .attr("fill", drawing.reference ? PAINT.reference : PAINT.same);
  if (cell.differing > 0) {
    const width = Math.max(3, Math.round(bar(cell.differing)));
    layer
      .append("rect")
      .attr("x", 10)
      .attr("y", 25)
      .attr("width", width)
      .attr("height", 3)
      .attr("rx", 1.5)
      .attr("fill", PAINT.here);
  }
}

function cellText(layer: Layer, text: { x: number; anchor: string; weight: number; text: string }): void {
  layer
    .append("text")
    .attr("x", text.x)
    .attr("y", 17)
    .attr("text-anchor", text.anchor)
    .attr("font-family", FONT.sans)
    .attr("font-size", 12)
    .attr("font-weight", text.weight)
    .attr("fill", PAINT.text)
    .text(text.text);
}

function fillOf({ cell, differs }: CellDrawing): string {
  if (cell.unattributed > 0) return PAINT.unexplainedSoft;
  return differs ? PAINT.hereSoft : PAINT.surface;
}

function strokeOf({ cell, differs }: CellDrawing): string {
  if (cell.unattributed > 0) return PAINT.unexplained;
  return differs ? PAINT.here : PAINT.line;
}

function cellLabel({ cell, total, reference, differs }: CellDrawing): string {
  if (reference) return "reference";
  if (cell.differing > 0) return `${cell.differing} / ${total}`;
  return differs ? "outcome" : "same";
}

function cellSentence({ cell, letter, total, reference, differs }: CellDrawing): string {
  const signature = `signature ${letter}`;
  if (reference) return `reference, ${signature}, ${cell.outcome.text}`;
  if (!differs) return `same as the reference, ${signature}`;
  const unexplained = cell.unattributed > 0 ? `, ${cell.unattributed} unexplained` : "";
  return `${cell.differing} of ${total} verdicts differ${unexplained}, ${signature}, ${cell.outcome.text}`;
}
