import type { ColumnCost, CostResult } from "@hvdiff/lab";
import { type Row, renderTable } from "../text/table.ts";
import type { TableLook } from "./look.ts";

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const RATIO = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function titlesOf(result: CostResult): string[] {
  return [...new Set(result.columns.flatMap(({ lines }) => lines.map(({ title }) => title)))];
}

function lineOf({ lines }: ColumnCost, title: string): string {
  const line = lines.find((each) => each.title === title);
  return line === undefined ? "-" : `${NUMBER.format(line.count)} → ${NUMBER.format(line.cycles)}`;
}

function bodyOf(result: CostResult): string[][] {
  const { columns } = result;
  return [
    ["", ...columns.map(({ column }) => column)],
    ...titlesOf(result).map((title) => [title, ...columns.map((column) => lineOf(column, title))]),
    ["cycles (model)", ...columns.map(({ cycles }) => NUMBER.format(cycles))],
    ["times metal (model)", ...columns.map(({ slowDown }) => RATIO.format(slowDown))],
  ];
}

/** Counts with the cycles that the model makes of them, a column each. */
export function costTable(result: CostResult, look: Pick<TableLook, "width" | "palette">): string {
  const rows = bodyOf(result).map(
    (cells, at): Row => ({
      cells: cells.map((text) => ({ text, soft: at === 0, ...(at === 0 ? { style: look.palette.strong } : {}) })),
    }),
  );
  const parameters = result.parameters.map(({ name, cycles, basis }) => `${name}=${cycles} (${basis})`).join(", ");
  return [...renderTable(rows, { width: look.width }), "", `${result.model}. ${parameters}`, ...result.notes, ""].join(
    "\n",
  );
}

/** The same for a page. */
export function costMarkdown(result: CostResult): string {
  const [head = [], ...body] = bodyOf(result);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line), "", `${result.model}.`, ...result.notes, ""].join(
    "\n",
  );
}
