import { SCENARIOS, type Scenario } from "@hvdiff/guests";
import type { RunOptions } from "./api.ts";
import { diff } from "./diff.ts";
import {
  type ColumnResult,
  type DiffResult,
  type MatrixCell,
  type MatrixResult,
  SCHEMA_VERSION,
  type ScenarioResult,
} from "./results.ts";
import { shortHash } from "./run-id.ts";
import { VERSION } from "./version.ts";

export function scenarioResult(scenario: Scenario): ScenarioResult {
  return {
    id: scenario.id,
    title: scenario.title,
    summary: scenario.summary,
    needs: scenario.needs,
    tags: scenario.tags,
    manual: [...scenario.sdm, ...(scenario.apm ?? [])],
  };
}

function cellOf(column: ColumnResult, result: DiffResult): MatrixCell {
  const reference = result.columns[0]!;
  const ids = new Set([...reference.verdicts, ...column.verdicts].map((verdict) => verdict.id));
  const quirks = column.differences.flatMap(({ cause }) =>
    cause.kind === "quirks" ? cause.quirks.map((quirk) => quirk.id) : [],
  );
  const outcome = column.outcome.kind === "exit" ? column.outcome.text : column.outcome.kind;
  return {
    column: column.column,
    outcome: column.outcome,
    verdicts: ids.size,
    differing: column.differences.length,
    unattributed:
      column.differences.filter(({ cause }) => cause.kind === "unattributed").length +
      (column.firstDivergence?.cause.kind === "unattributed" ? 1 : 0),
    quirks: [...new Set(quirks)].sort(),
    exits: Object.keys(column.exits).sort(),
    differs: column.differences.map(({ verdict }) => verdict),
    signature: shortHash([outcome, column.verdicts]),
  };
}

/** One scenario over the columns: a matrix of one row, for pages that show row after row. Errors: `UsageError`. */
export function matrixRow(id: string, columns: readonly string[], options: RunOptions = {}): MatrixResult {
  const result = diff({ scenario: id }, columns, options);
  const scenario = SCENARIOS.find((known) => known.id === id)!;
  const cells = result.columns.map((column) => cellOf(column, result));
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    cpu: result.cpu,
    columns: result.columns.map(({ column, full, product, confidence }) => ({ column, full, product, confidence })),
    rows: [{ scenario: scenarioResult(scenario), cells }],
  };
}

/** All bundled scenarios over the columns. Errors: `UsageError`. */
export function matrix(columns: readonly string[], options: RunOptions = {}): MatrixResult {
  const results = SCENARIOS.map((scenario) => matrixRow(scenario.id, columns, options));
  const { cpu } = results[0]!;
  const rows = results.flatMap((result) =>
    result.rows.map((row) => (result.cpu === cpu ? row : { ...row, cpu: result.cpu })),
  );
  return { ...results[0]!, rows };
}
