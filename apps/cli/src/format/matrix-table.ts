import type { MatrixCell, MatrixResult, QuirkResult } from "@hvdiff/lab";
import type { Palette } from "../text/palette.ts";
import { type Cell, fits, type Row, renderTable } from "../text/table.ts";
import { hanging } from "../text/wrap.ts";
import { attributionLine, confidenceStyle, UNATTRIBUTED } from "./causes.ts";
import { counted } from "./diff-rows.ts";
import type { Look } from "./look.ts";

/** `1-3, 7`: numbers of the list of causes, runs taken together. */
export function numberRanges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(" ");
}

/** Ids of all causes in the order of the matrix; their places are the numbers that cells show. */
export function causesInOrder(result: MatrixResult): string[] {
  return [...new Set(result.rows.flatMap((row) => row.cells.flatMap((cell) => cell.quirks)))];
}

/** Whether a cell differs from the reference's: in a verdict, or only in how the run ended. */
export function cellDiffers(cell: MatrixCell, reference: MatrixCell): boolean {
  return cell.differing > 0 || cell.signature !== reference.signature;
}

function matrixCell(
  cell: MatrixCell,
  reference: MatrixCell,
  numbers: ReadonlyMap<string, number>,
  palette: Palette,
): Cell {
  if (cell === reference) return { text: `${cell.verdicts}`, style: palette.strong };
  if (!cellDiffers(cell, reference)) return { text: "✓", style: palette.same };
  const causes = numberRanges(cell.quirks.map((id) => numbers.get(id)!));
  const unattributed = cell.unattributed > 0 ? `\n${cell.unattributed} ${UNATTRIBUTED}` : "";
  const listed = causes === "" ? "" : `\n[${causes}]`;
  const count = cell.differing > 0 ? `${cell.differing}` : cell.outcome.kind;
  return { text: `≠ ${count}${listed}${unattributed}`, style: unattributed === "" ? palette.different : palette.alarm };
}

/** Column heads: spelled out, or letters where the terminal is too narrow for names. */
function headRows(result: MatrixResult, letters: boolean, palette: Palette): Row[] {
  const heads = result.columns.map((column, index) => (letters ? letterOf(index) : column.column));
  const names: Row = {
    cells: [
      { text: "SCENARIO", style: palette.strong },
      ...heads.map((text) => ({ text, style: palette.strong, soft: true })),
    ],
  };
  const confidences: Row = {
    cells: [
      { text: "" },
      ...result.columns.map((column) => ({
        text: column.confidence ?? "",
        style: confidenceStyle(column.confidence, palette),
      })),
    ],
  };
  return letters ? [names] : [names, confidences];
}

function letterOf(index: number): string {
  return String.fromCharCode(65 + (index % 26)).repeat(1 + Math.floor(index / 26));
}

function letterLines(result: MatrixResult, { palette, width }: Look): string[] {
  const rows = result.columns.map((column, index) => ({
    cells: [
      { text: letterOf(index), style: palette.strong },
      { text: column.column, soft: true },
      { text: column.confidence ?? "", style: confidenceStyle(column.confidence, palette) },
    ],
  }));
  return [...renderTable(rows, { width, indent: 2 }), ""];
}

function causeLines(
  ids: readonly string[],
  quirks: ReadonlyMap<string, QuirkResult>,
  { palette, width }: Look,
): string[] {
  if (ids.length === 0) return [];
  const digits = `${ids.length}`.length;
  const lines = ids.flatMap((id, index) => {
    const quirk = quirks.get(id);
    const number = `[${index + 1}]`.padStart(digits + 2);
    const confidence = quirk?.confidence ?? null;
    const head = `  ${number} ${palette.name(id)}${confidence === null ? "" : `  ${confidenceStyle(confidence, palette)(confidence)}`}`;
    const indent = " ".repeat(digits + 5);
    return quirk === undefined ? [head] : [head, ...hanging(indent, quirk.summary, width).map(palette.faint)];
  });
  return ["", palette.strong("CAUSES"), ...lines];
}

function conclusion(result: MatrixResult, { palette, width }: Look): string[] {
  const others = result.rows.flatMap((row) => row.cells.slice(1).map((cell) => ({ cell, reference: row.cells[0]! })));
  const differing = others.filter(({ cell, reference }) => cellDiffers(cell, reference));
  if (differing.length === 0) return [palette.same(`✓ ${counted(others.length, "cell")}, all the same`)];
  const verdicts = differing.reduce((total, { cell }) => total + cell.differing, 0);
  const open = differing.reduce((total, { cell }) => total + cell.unattributed, 0);
  const text = `${differing.length} of ${counted(others.length, "cell")} differ from ${result.columns[0]!.column} in ${counted(verdicts, "verdict")}`;
  return [...hanging("≠ ", text, width).map(palette.different), attributionLine(open, palette)];
}

/** Scenarios down, columns across: how many verdicts differ, and the numbers of their causes. */
export function matrixTable(result: MatrixResult, quirks: readonly QuirkResult[], look: Look): string {
  const { palette, width } = look;
  const ids = causesInOrder(result);
  const numbers = new Map(ids.map((id, index) => [id, index + 1]));
  const body: Row[] = result.rows.map((row) => ({
    cells: [{ text: row.scenario.id }, ...row.cells.map((cell) => matrixCell(cell, row.cells[0]!, numbers, palette))],
  }));
  const spelled = [...headRows(result, false, palette), ...body];
  const letters = !fits(spelled, { width });
  const facts = [
    `hvdiff ${result.hvdiff}`,
    result.cpu,
    `${counted(result.rows.length, "scenario")} on ${counted(result.columns.length, "column")}`,
  ];
  const lines = [
    ...hanging("", facts.join(" · "), width).map(palette.strong),
    ...hanging(
      "",
      "How many verdicts each guest prints on the first column, and how many differ elsewhere, with the numbers of their causes.",
      width,
    ).map(palette.faint),
    "",
    ...(letters ? letterLines(result, look) : []),
    ...renderTable(letters ? [...headRows(result, true, palette), ...body] : spelled, { width }),
    ...causeLines(ids, new Map(quirks.map((quirk) => [quirk.id, quirk])), look),
    "",
    ...conclusion(result, look),
  ];
  return `${lines.join("\n")}\n`;
}
