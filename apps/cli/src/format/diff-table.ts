import type { ColumnResult, DiffResult } from "@hvdiff/lab";
import { formatBytes } from "../quantities.ts";
import type { Palette } from "../text/palette.ts";
import { type Cell, fits, type Row, renderTable } from "../text/table.ts";
import { hanging, visible } from "../text/wrap.ts";
import { attributionLine, causeText, collectQuirks, confidenceStyle, quirkLegend, styledCause } from "./causes.ts";
import { causesOf, counted, groupBy, OUTCOME, type VerdictCell, type VerdictRow, verdictRows } from "./diff-rows.ts";
import type { TableLook } from "./look.ts";

const MISSING = "(not printed)";

function shown(value: string | null): string {
  return value === null ? MISSING : visible(value);
}

function heading(result: DiffResult, { palette, width }: TableLook): string[] {
  const facts = [
    result.cpu,
    result.firmware === "none" ? "no firmware" : result.firmware,
    formatBytes(result.memory),
    ...(result.commandLine === "" ? [] : [`-append ${JSON.stringify(result.commandLine)}`]),
    ...(result.guest.bundled ? [] : [`sha256 ${result.guest.sha256.slice(0, 16)}`]),
  ];
  const title = result.guest.title === result.guest.id ? "" : `  ${result.guest.title}`;
  return [
    ...hanging("", visible(result.guest.id + title), width).map(palette.strong),
    ...hanging("", facts.join(" · "), width).map(palette.faint),
  ];
}

function columnSummary(column: ColumnResult, reference: ColumnResult): string {
  if (column === reference) return "reference";
  const count = column.differences.length;
  if (count > 0) return `${counted(count, "verdict")} differ${count === 1 ? "s" : ""}`;
  return column.firstDivergence === null ? "same" : "same verdicts, different trace";
}

/** Which columns there are, what stands behind their short names, and how each did. */
function columnLines(result: DiffResult, { palette, width }: TableLook): string[] {
  const reference = result.columns[0]!;
  const rows: Row[] = result.columns.map((column) => {
    const summary = columnSummary(column, reference);
    const differs = column !== reference && summary !== "same";
    const mark = column === reference ? " " : differs ? "≠" : "✓";
    const style = differs ? palette.different : palette.same;
    const full = column.full === column.column ? [] : hanging("      = ", column.full, width).map(palette.faint);
    const confidence = column.confidence;
    return {
      cells: [
        { text: mark, style },
        { text: column.column, style: palette.strong, soft: true },
        { text: summary, style: column === reference ? palette.faint : style },
        { text: confidence ?? "", style: confidenceStyle(confidence, palette) },
      ],
      below: full,
    };
  });
  return [palette.strong("COLUMNS"), ...renderTable(rows, { width })];
}

/** One line per distinct cause in a row, naming the columns it holds for. */
function causeLines(cells: readonly VerdictCell[], indent: string, { palette, width }: TableLook): string[] {
  const caused = cells.filter((cell) => cell.cause !== null);
  return groupBy(caused, (cell) => causeText(cell.cause!)).flatMap((group) => {
    const cause = group[0]!.cause!;
    const names = cells.length <= 2 ? "" : ` · ${group.map((cell) => cell.column.column).join(", ")}`;
    const lines = hanging(`${indent}↳ `, causeText(cause) + names, width);
    return lines.map((line) => styledCause(line, cause, palette));
  });
}

function gridCell(cell: VerdictCell, index: number, palette: Palette): Cell {
  if (index === 0) return { text: shown(cell.value) };
  if (!cell.differs) return { text: "✓", style: palette.same };
  const style = cell.cause?.kind === "unattributed" ? palette.alarm : palette.different;
  return { text: `≠ ${shown(cell.value)}`, style };
}

function gridRows(rows: readonly VerdictRow[], look: TableLook): Row[] {
  const { palette } = look;
  const header: Row = {
    cells: [
      { text: "VERDICT", style: palette.strong },
      ...rows[0]!.cells.map((cell) => ({ text: cell.column.column, style: palette.strong, soft: true })),
    ],
  };
  const body = rows.map((row) => ({
    cells: [
      { text: visible(row.verdict), style: row.verdict === OUTCOME ? palette.faint : (text: string) => text },
      ...row.cells.map((cell, index) => gridCell(cell, index, palette)),
    ],
    below: causeLines(row.cells, "    ", look),
  }));
  return [header, ...body];
}

/** For narrow terminals and many columns: a paragraph per verdict, columns that agree told together. */
function stackedLines(rows: readonly VerdictRow[], look: TableLook): string[] {
  const { palette, width } = look;
  return rows.flatMap((row) => {
    const groups = groupBy(row.cells, (cell) => `${cell.differs}|${cell.value}|${cell.cause && causeText(cell.cause)}`);
    const lines = groups.flatMap((group) => {
      const first = group[0]!;
      const style = first.differs ? palette.different : palette.same;
      const names = groups.length === 1 ? "every column" : group.map((cell) => cell.column.column).join(", ");
      return [
        ...hanging(`  ${first.differs ? "≠" : "✓"} `, `${shown(first.value)} · ${names}`, width).map(style),
        ...(first.cause === null
          ? []
          : hanging("      ↳ ", causeText(first.cause), width).map((line) => styledCause(line, first.cause!, palette))),
      ];
    });
    return [palette.strong(visible(row.verdict)), ...lines];
  });
}

function sameLine(rows: readonly VerdictRow[], { palette, width }: TableLook): string[] {
  const same = rows.filter((row) => !row.differs && row.verdict !== OUTCOME).map((row) => visible(row.verdict));
  if (same.length === 0) return [];
  const listed = hanging("✓ ", `same in every column: ${same.join(", ")}`, width);
  const short = [`✓ ${counted(same.length, "more verdict")} the same in every column (--all shows them)`];
  return (listed.length <= 3 ? listed : short).map(palette.same);
}

function verdictLines(result: DiffResult, look: TableLook): string[] {
  const rows = verdictRows(result);
  const wanted = rows.filter((row) => look.all || row.differs || row.verdict === OUTCOME);
  const grid = gridRows(wanted, look);
  const body = fits(grid, look) ? renderTable(grid, look) : stackedLines(wanted, look);
  return [...body, ...(look.all ? [] : sameLine(rows, look))];
}

function divergenceLines(result: DiffResult, look: TableLook): string[] {
  const { palette, width } = look;
  const diverging = result.columns.filter((column) => column.firstDivergence !== null);
  if (diverging.length === 0) return [];
  const describe = (column: ColumnResult): string => {
    const { left, right, cause } = column.firstDivergence!;
    return [left?.text, right?.text, causeText(cause)].join("\n");
  };
  const lines = groupBy(diverging, describe).flatMap((group) => {
    const { left, right, cause, row } = group[0]!.firstDivergence!;
    return [
      ...hanging("  ", group.map((column) => column.column).join(", "), width).map(palette.strong),
      ...hanging(`    ${result.reference}  `, left === null ? "(no such event)" : visible(left.text), width),
      ...hanging(
        "    here ".padEnd(6 + result.reference.length),
        right === null ? "(no such event)" : visible(right.text),
        width,
      ).map(palette.different),
      ...hanging("    ↳ ", `${causeText(cause)} · row ${row}`, width).map((line) => styledCause(line, cause, palette)),
    ];
  });
  return ["", palette.strong("FIRST DIFFERENT EVENT"), ...lines];
}

/** `3 of 4 columns differ from metal in 12 verdicts`, and whether all is explained. */
function conclusion(result: DiffResult, { palette, width }: TableLook): string[] {
  const [reference, ...others] = result.columns;
  const same = `${counted(others.length, "column")} the same as ${reference!.column}`;
  if (!result.different) return hanging("✓ ", same, width).map(palette.same);
  const differing = others.filter((column) => columnSummary(column, reference!) !== "same");
  const verdicts = others.reduce((total, column) => total + column.differences.length, 0);
  const text = `${differing.length} of ${counted(others.length, "column")} ${differing.length === 1 ? "differs" : "differ"} from ${reference!.column} in ${counted(verdicts, "verdict")}`;
  const open = causesOf(result).filter((cause) => cause.kind === "unattributed").length;
  return [...hanging("≠ ", text, width).map(palette.different), attributionLine(open, palette)];
}

/** What `hvdiff diff` prints for people. */
export function diffTable(result: DiffResult, look: TableLook): string {
  const legend = quirkLegend(collectQuirks(causesOf(result)), look.palette, look.width);
  const lines = [
    ...heading(result, look),
    "",
    ...columnLines(result, look),
    "",
    ...verdictLines(result, look),
    ...divergenceLines(result, look),
    ...(legend.length === 0 ? [] : ["", ...legend]),
    "",
    ...conclusion(result, look),
  ];
  return `${lines.join("\n")}\n`;
}
