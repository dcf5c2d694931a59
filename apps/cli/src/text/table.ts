import { minimumWidth, padTo, widthOf, wrap } from "./wrap.ts";

/** One cell. Style is applied after wrapping and padding, so that it never counts as width. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
  /** May break before @, + and /, as column spellings do. */
  readonly soft?: boolean;
  /** Blanks before each of its lines. */
  readonly indent?: number;
}

/** One row; `below` are finished lines printed under it. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly below?: readonly string[];
}

export interface TableOptions {
  readonly width: number;
  readonly indent?: number;
  readonly gap?: number;
}

const DEFAULT_GAP = 2;

function columnCount(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map((row) => row.cells.length));
}

function linesOf(cell: Cell | undefined, width: number): string[] {
  if (cell === undefined) return [""];
  const indent = cell.indent ?? 0;
  return wrap(cell.text, width - indent, cell.soft ?? false).map((line) => " ".repeat(indent) + line);
}

function naturalWidths(rows: readonly Row[]): number[] {
  return Array.from({ length: columnCount(rows) }, (_, index) =>
    Math.max(0, ...rows.flatMap((row) => linesOf(row.cells[index], Number.POSITIVE_INFINITY).map(widthOf))),
  );
}

function leastWidth(cell: Cell | undefined): number {
  return cell === undefined ? 0 : (cell.indent ?? 0) + minimumWidth(cell.text, cell.soft ?? false);
}

function minimumWidths(rows: readonly Row[]): number[] {
  return Array.from({ length: columnCount(rows) }, (_, index) =>
    Math.max(1, ...rows.map((row) => leastWidth(row.cells[index]))),
  );
}

function available(columns: number, options: TableOptions): number {
  return options.width - (options.indent ?? 0) - (options.gap ?? DEFAULT_GAP) * Math.max(0, columns - 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

/** Whether the table can be set without breaking inside a word. */
export function fits(rows: readonly Row[], options: TableOptions): boolean {
  const widths = minimumWidths(rows);
  return sum(widths) <= available(widths.length, options);
}

/** Takes from the widest column first, down to each column's minimum; then, if it must, from any. */
function shrink(widths: number[], minimums: readonly number[], room: number): number[] {
  while (sum(widths) > room) {
    const widest = (slack: (index: number) => number): number =>
      widths.reduce(
        (best, _, index) => (slack(index) > 0 && (best < 0 || widths[index]! > widths[best]!) ? index : best),
        -1,
      );
    let index = widest((candidate) => widths[candidate]! - minimums[candidate]!);
    if (index < 0) index = widest((candidate) => widths[candidate]! - 4);
    if (index < 0) break;
    widths[index]!--;
  }
  return widths;
}

function renderRow(row: Row, widths: readonly number[], indent: string, gap: string): string[] {
  const wrapped = widths.map((width, index) => linesOf(row.cells[index], width));
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const last = wrapped.findLastIndex((lines) => (lines[line] ?? "") !== "");
    const cells = wrapped.slice(0, last + 1).map((lines, index) => {
      const text = lines[line] ?? "";
      const style = row.cells[index]?.style ?? ((value: string) => value);
      return index === last ? style(text) : style(text) + padTo("", widths[index]! - widthOf(text));
    });
    return cells.length === 0 ? "" : indent + cells.join(gap);
  });
}

/** The lines of an aligned table no wider than `width`, without trailing blanks. */
export function renderTable(rows: readonly Row[], options: TableOptions): string[] {
  const natural = naturalWidths(rows);
  const widths = shrink(natural, minimumWidths(rows), available(natural.length, options));
  const indent = " ".repeat(options.indent ?? 0);
  const gap = " ".repeat(options.gap ?? DEFAULT_GAP);
  return rows.flatMap((row) => [...renderRow(row, widths, indent, gap), ...(row.below ?? [])]);
}
