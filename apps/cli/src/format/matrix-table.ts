import type { MatrixCell, MatrixResult, QuirkResult } from "@hvdiff/lab";
import type { Palette } from "../text/palette.ts";
import { type Cell, fits, type Row, renderTable } from "../text/table.ts";
import { hanging } from "../text/wrap.ts";
import { attributionLine, confidenceStyle, UNATTRIBUTED } from "./causes.ts";
import { counted } from "./diff-rows.ts";
import type { Look, TableLook } from "./look.ts";
import { causesInOrder, numberedCauses, numberRanges } from "./numbered-causes.ts";

/** Whether a cell differs from the reference's: in a verdict, or only in how the run ended. */
export function cellDiffers(cell: MatrixCell, reference: MatrixCell): boolean {
  return cell.differing > 0 || cell.signature !== reference.signature;
}

type Numbers = ReadonlyMap<string, number>;

interface CellText {
  readonly count: string;
  readonly causes: string;
  readonly style: (text: string) => string;
}

/** What a cell says, whatever the layout: how many verdicts differ, and why. */
function cellText(cell: MatrixCell, reference: MatrixCell, numbers: Numbers, palette: Palette): CellText {
  if (cell === reference) return { count: `${cell.verdicts}`, causes: "", style: palette.strong };
  if (!cellDiffers(cell, reference)) return { count: "✓", causes: "", style: palette.same };
  const listed = cell.quirks.length === 0 ? [] : [`[${numberRanges(cell.quirks.map((id) => numbers.get(id)!))}]`];
  const open = cell.unattributed === 0 ? [] : [`${cell.unattributed} ${UNATTRIBUTED}`];
  return {
    count: `≠ ${cell.differing > 0 ? cell.differing : cell.outcome.kind}`,
    causes: [...listed, ...open].join(" "),
    style: open.length === 0 ? palette.different : palette.alarm,
  };
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
  const closed = result.columns.some((column) => column.confidence !== null);
  return letters || !closed ? [names] : [names, confidences];
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

function conclusion(result: MatrixResult, { palette, width }: Look): string[] {
  const others = result.rows.flatMap((row) => row.cells.slice(1).map((cell) => ({ cell, reference: row.cells[0]! })));
  const differing = others.filter(({ cell, reference }) => cellDiffers(cell, reference));
  if (differing.length === 0) return [palette.same(`✓ ${counted(others.length, "cell")}, all the same`)];
  const verdicts = differing.reduce((total, { cell }) => total + cell.differing, 0);
  const open = differing.reduce((total, { cell }) => total + cell.unattributed, 0);
  const text = `${differing.length} of ${counted(others.length, "cell")} differ from ${result.columns[0]!.column} in ${counted(verdicts, "verdict")}`;
  return [...hanging("≠ ", text, width).map(palette.different), attributionLine(open, palette)];
}

/** Scenarios down, columns across. */
/** A scenario, with its silicon where that is another one. */
function nameOf({ scenario, cpu }: MatrixResult["rows"][number]): string {
  return cpu === undefined ? scenario.id : `${scenario.id} (${cpu})`;
}

function gridRows(result: MatrixResult, letters: boolean, numbers: Numbers, palette: Palette): Row[] {
  const body = result.rows.map((row): Row => {
    const cells = row.cells.map((cell): Cell => {
      const { count, causes, style } = cellText(cell, row.cells[0]!, numbers, palette);
      return { text: causes === "" ? count : `${count}\n${causes}`, style };
    });
    return { cells: [{ text: nameOf(row) }, ...cells] };
  });
  return [...headRows(result, letters, palette), ...body];
}

/** For the narrowest terminals: a paragraph per scenario, a line per column that differs. */
function stackedLines(result: MatrixResult, numbers: Numbers, { palette, width }: Look): string[] {
  return result.rows.flatMap((row) => {
    const [reference, ...others] = row.cells.map((cell) => ({
      cell,
      ...cellText(cell, row.cells[0]!, numbers, palette),
    }));
    const same = others.filter(({ count }) => count === "✓").map(({ cell }) => cell.column);
    const head = `${nameOf(row)}  ${counted(reference!.cell.verdicts, "verdict")} on ${reference!.cell.column}`;
    return [
      ...hanging("", head, width).map(palette.strong),
      ...(same.length === 0 ? [] : hanging("  ✓ ", same.join(", "), width).map(palette.same)),
      ...others
        .filter(({ count }) => count !== "✓")
        .flatMap(({ cell, count, causes, style }) =>
          hanging(`  ${count} `, `${cell.column} ${causes}`, width).map(style),
        ),
    ];
  });
}

/** The widest layout that fits: names over the columns, letters over the columns, or paragraphs. */
function body(result: MatrixResult, numbers: Numbers, look: Look): string[] {
  const spelled = gridRows(result, false, numbers, look.palette);
  if (fits(spelled, look)) return renderTable(spelled, look);
  const lettered = gridRows(result, true, numbers, look.palette);
  if (fits(lettered, look)) return [...letterLines(result, look), ...renderTable(lettered, look)];
  return stackedLines(result, numbers, look);
}

/** What `hvdiff overview` prints for people: how many verdicts differ where, and the numbers of their causes. */
export function matrixTable(result: MatrixResult, quirks: readonly QuirkResult[], look: TableLook): string {
  const { palette, width } = look;
  const ids = causesInOrder(result);
  const numbers = new Map(ids.map((id, index) => [id, index + 1]));
  const facts = [
    `hvdiff ${result.hvdiff}`,
    result.cpu,
    `${counted(result.rows.length, "scenario")} on ${counted(result.columns.length, "column")}`,
  ];
  const reading =
    "How many verdicts each guest prints on the first column, and how many differ elsewhere, with the numbers of their causes.";
  const lines = [
    ...hanging("", facts.join(" · "), width).map(palette.strong),
    ...hanging("", reading, width).map(palette.faint),
    "",
    ...body(result, numbers, look),
    ...(ids.length === 0 ? [] : ["", palette.strong("CAUSES"), ...numberedCauses(ids, quirks, look)]),
    "",
    ...conclusion(result, look),
  ];
  return `${lines.join("\n")}\n`;
}
