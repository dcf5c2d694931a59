import type { CheckedColumn, CheckVmcsResult, FailingCheck } from "@hvdiff/lab";
import { hanging } from "../text/wrap.ts";
import { counted } from "./diff-rows.ts";
import type { Look } from "./look.ts";

function checkLines(checks: readonly FailingCheck[], { palette, width }: Look): string[] {
  return checks.flatMap(({ id, sdm }) => [
    `      ${palette.different(id)}`,
    ...hanging("          ", sdm, width).map(palette.faint),
  ]);
}

function columnLines({ column, outcome, failing }: CheckedColumn, look: Look): string[] {
  const { palette } = look;
  const style = outcome === "enters" ? palette.same : palette.different;
  return [`    ${palette.name(column)}  ${style(outcome)}`, ...checkLines(failing, look)];
}

/** `hvdiff check-vmcs`: per VMCS and column the outcome and the failing checks in their order. */
export function checkVmcsTable({ cpu, vmcss }: CheckVmcsResult, look: Look): string {
  const { palette } = look;
  const lines = vmcss.flatMap(({ label, fields, columns }) => [
    `${palette.strong(label)}${palette.faint(`  ${counted(Object.keys(fields).length, "field")}, silicon ${cpu}`)}`,
    ...columns.flatMap((column) => columnLines(column, look)),
    "",
  ]);
  return `${lines.slice(0, -1).join("\n")}\n`;
}

/** The same as a Markdown table. */
export function checkVmcsMarkdown({ cpu, vmcss }: CheckVmcsResult): string {
  const lines = vmcss.flatMap(({ label, columns }) => [
    `### ${label} on ${cpu}`,
    "",
    "| column | outcome | failing checks |",
    "| --- | --- | --- |",
    ...columns.map(({ column, outcome, failing }) => {
      const ids = failing.map(({ id }) => `\`${id}\``).join("<br>");
      return `| \`${column}\` | ${outcome} | ${ids} |`;
    }),
    "",
  ]);
  return `${lines.slice(0, -1).join("\n")}\n`;
}
