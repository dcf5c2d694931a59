import type { CapsResult, Cause, DiffResult, Lab, MatrixResult, QuirkResult, ScenarioResult } from "@hvdiff/lab";
import { formatBytes } from "../quantities.ts";
import { visible } from "../text/wrap.ts";
import { capabilityCauses, capabilityLines } from "./caps-table.ts";
import { collectQuirks, rangeText, UNATTRIBUTED } from "./causes.ts";
import { causesOf, counted, OUTCOME, type VerdictCell, verdictRows } from "./diff-rows.ts";
import { cellDiffers } from "./matrix-table.ts";

/** Guest text that Markdown must not interpret. */
function code(text: string): string {
  const safe = visible(text).replaceAll("|", "\\|");
  const fence = "`".repeat(1 + Math.max(0, ...(safe.match(/`+/g) ?? []).map((run) => run.length)));
  return fence.length === 1 ? `\`${safe}\`` : `${fence} ${safe} ${fence}`;
}

function prose(text: string): string {
  return visible(text).replace(/[\\|<>[\]*_`]/g, "\\$&");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

function evidenceLink(evidence: QuirkResult["evidence"][number]): string {
  return evidence.url === undefined ? prose(evidence.text) : `[${prose(evidence.text)}](${evidence.url})`;
}

/** `- **id** (confidence): summary` with its citations as links. */
function quirkItems(quirks: readonly QuirkResult[]): string[] {
  return quirks.flatMap((quirk) => [
    `- ${code(quirk.id)} (${quirk.confidence}, ${rangeText(quirk)}): ${prose(quirk.summary)}`,
    ...quirk.evidence.map((evidence) => `  - ${evidence.kind}: ${evidenceLink(evidence)}`),
  ]);
}

function causeOf(cause: Cause | null): string {
  if (cause === null) return "";
  if (cause.kind === "unattributed") return `**${UNATTRIBUTED}**: ${prose(cause.reason)}`;
  return cause.quirks.map((quirk) => code(quirk.id)).join(" + ");
}

function causesSection(causes: readonly (Cause | null)[]): string[] {
  const quirks = collectQuirks(causes);
  return quirks.length === 0 ? [] : ["", "#### Causes", "", ...quirkItems(quirks)];
}

function verdictCell(cell: VerdictCell, index: number): string {
  if (index > 0 && !cell.differs) return "✓";
  const value = cell.value === null ? "(not printed)" : code(cell.value);
  if (index === 0) return value;
  const cause = causeOf(cell.cause);
  return `≠ **${value}**${cause === "" ? "" : `<br>${cause}`}`;
}

/** The verdicts of one guest as a table for an issue. */
export function diffMarkdown(result: DiffResult, all: boolean): string {
  const rows = verdictRows(result);
  const wanted = rows.filter((row) => all || row.differs || row.verdict === OUTCOME);
  const heads = result.columns.map(
    (column) => `${code(column.column)}${column.confidence === null ? "" : `<br>${column.confidence}`}`,
  );
  const facts = [result.cpu, `firmware ${result.firmware}`, formatBytes(result.memory), `hvdiff ${result.hvdiff}`];
  const hidden = rows.length - wanted.length;
  const lines = [
    `### ${prose(result.guest.title)} (${code(result.guest.id)})`,
    "",
    `${facts.join(" · ")} · sha256 ${code(result.guest.sha256)}`,
    "",
    ...table(
      ["verdict", ...heads],
      wanted.map((row) => [code(row.verdict), ...row.cells.map(verdictCell)]),
    ),
    ...(hidden === 0 ? [] : ["", `${counted(hidden, "more verdict")}: the same in every column.`]),
    ...causesSection(causesOf(result)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Scenarios x columns, with the causes of each row under it in words. */
export function matrixMarkdown(result: MatrixResult, quirks: readonly QuirkResult[]): string {
  const heads = result.columns.map(
    (column) => `${code(column.column)}${column.confidence === null ? "" : `<br>${column.confidence}`}`,
  );
  const used = new Set(result.rows.flatMap((row) => row.cells.flatMap((cell) => cell.quirks)));
  const rows = result.rows.map((row) => [
    row.cpu === undefined ? code(row.scenario.id) : `${code(row.scenario.id)} on ${row.cpu}`,
    ...row.cells.map((cell, index) => {
      if (index === 0) return counted(cell.verdicts, "verdict");
      if (!cellDiffers(cell, row.cells[0]!)) return "✓";
      const open = cell.unattributed === 0 ? [] : [`**${cell.unattributed} ${UNATTRIBUTED}**`];
      return [`≠ **${cell.differing}**`, ...open, ...cell.quirks.map(code)].join("<br>");
    }),
  ]);
  const listed = quirks.filter((quirk) => used.has(quirk.id));
  const lines = [
    `### All scenarios on ${result.cpu} (hvdiff ${result.hvdiff})`,
    "",
    ...table(["scenario", ...heads], rows),
    ...(listed.length === 0 ? [] : ["", "#### Causes", "", ...quirkItems(listed)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Capability bits side by side, a table per register. */
export function capsMarkdown(result: CapsResult, all: boolean): string {
  const heads = result.columns.map((column) => code(column.column));
  const groups = result.groups.filter((group) => all || group.differs);
  const lines = [
    `### Capabilities of ${result.cpu}`,
    ...groups.flatMap((group) => [
      "",
      `#### ${prose(group.title)} (${code(group.source)})`,
      "",
      ...table(
        ["bit", "capability", ...heads, "cause"],
        [
          ["", "raw value", ...group.raw.map((raw) => (raw === null ? "(none)" : code(raw))), ""],
          ...capabilityLines(group)
            .filter((line) => all || line.differs)
            .map((line) => [
              line.place,
              prose(line.label),
              ...line.values.map((value, index) =>
                index > 0 && value !== line.values[0] ? `≠ **${prose(value)}**` : prose(value),
              ),
              [...new Set(line.causes.map(causeOf).filter((cause) => cause !== ""))].join("<br>"),
            ]),
        ],
      ),
    ]),
    ...(groups.length === 0 ? ["", "The same in every column."] : []),
    ...causesSection(capabilityCauses(result)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Quirks as a list with citations. */
export function quirksMarkdown(title: string, quirks: readonly QuirkResult[]): string {
  return `${[`### ${title}`, "", ...quirkItems(quirks)].join("\n")}\n`;
}

/** Scenarios as a table. */
export function scenariosMarkdown(scenarios: readonly ScenarioResult[]): string {
  const rows = scenarios.map((scenario) => [
    code(scenario.id),
    prose(scenario.title),
    prose(scenario.summary),
    scenario.needs.join(", "),
    scenario.tags.join(", "),
  ]);
  return `${table(["scenario", "title", "what it shows", "needs", "tags"], rows).join("\n")}\n`;
}

/** Silicon models as a table. */
export function cpusMarkdown(cpus: ReturnType<Lab["cpus"]>): string {
  const rows = cpus.map((cpu) => [code(cpu.id), prose(cpu.title), prose(cpu.source)]);
  return `${table(["cpu", "title", "source"], rows).join("\n")}\n`;
}

/** One column's run: verdicts and the serial log. */
export function columnMarkdown(result: DiffResult): string {
  const column = result.columns[0]!;
  const fence = "`".repeat(3 + Math.max(0, ...(column.serial.match(/`{3,}/g) ?? []).map((run) => run.length)));
  const lines = [
    `### ${prose(result.guest.title)} on ${code(column.full)}`,
    "",
    `Outcome: ${code(column.outcome.text)}`,
    "",
    ...table(
      ["verdict", "value"],
      column.verdicts.map((verdict) => [code(verdict.id), code(verdict.value)]),
    ),
    "",
    fence,
    column.serial.trimEnd(),
    fence,
  ];
  return `${lines.join("\n")}\n`;
}
