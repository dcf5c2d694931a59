import { SCENARIOS, type Scenario } from "@hvdiff/guests";
import type { RunOptions } from "./api.ts";
import { diff } from "./diff.ts";
import {
  type ColumnResult,
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
    manual: scenario.sdm,
  };
}

function cellOf(column: ColumnResult): MatrixCell {
  const quirks = column.differences.flatMap(({ cause }) =>
    cause.kind === "quirks" ? cause.quirks.map((quirk) => quirk.id) : [],
  );
  const outcome = column.outcome.kind === "exit" ? column.outcome.text : column.outcome.kind;
  return {
    column: column.column,
    outcome: column.outcome,
    verdicts: column.verdicts.length,
    differing: column.differences.length,
    unattributed:
      column.differences.filter(({ cause }) => cause.kind === "unattributed").length +
      (column.firstDivergence?.cause.kind === "unattributed" ? 1 : 0),
    quirks: [...new Set(quirks)].sort(),
    signature: shortHash([outcome, column.verdicts]),
  };
}

/** All bundled scenarios over the columns. Errors: `UsageError`. */
export function matrix(columns: readonly string[], options: RunOptions = {}): MatrixResult {
  const results = SCENARIOS.map((scenario) => ({
    scenario,
    result: diff({ scenario: scenario.id }, columns, options),
  }));
  const first = results[0]!.result;
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    cpu: first.cpu,
    columns: first.columns.map(({ column, full, product, confidence }) => ({ column, full, product, confidence })),
    rows: results.map(({ scenario, result }) => ({
      scenario: scenarioResult(scenario),
      cells: result.columns.map(cellOf),
    })),
  };
}
