import { SCENARIOS, type Scenario } from "@hvdiff/guests";
import type { RunOptions } from "./api.ts";
import { resultOf } from "./diff.ts";
import { findVerdictDifferences, verdictIds } from "./differences.ts";
import { joinCells, joinRows, type PairHelper, pairsOf, shared } from "./pairs.ts";
import { basisOf } from "./resolve.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { type MatrixCell, type MatrixResult, SCHEMA_VERSION, type ScenarioResult } from "./results.ts";
import { shortHash } from "./run-id.ts";
import { guestImage, Session } from "./session.ts";
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

/** A column beside the first. The causes of verdicts are looked for; of a trace that differs, whether the quirks explain it. */
function cellOf(session: Session, reference: ResolvedColumn, column: ResolvedColumn): MatrixCell {
  const run = session.run(column);
  const { outcome, verdicts, exits } = resultOf(session, column, run);
  const { differences, isTraceExplained } = findVerdictDifferences(session, reference, column);
  const causes = differences.map(({ cause }) => cause);
  const quirks = causes.flatMap((cause) => (cause.kind === "quirks" ? cause.quirks.map(({ id }) => id) : []));
  return {
    column: column.text,
    outcome,
    verdicts: verdictIds([session.run(reference), run]).length,
    differing: differences.length,
    unattributed: causes.filter(({ kind }) => kind === "unattributed").length + (isTraceExplained ? 0 : 1),
    quirks: [...new Set(quirks)].sort(),
    exits: Object.keys(exits).sort(),
    differs: differences.map(({ verdict }) => verdict),
    signature: shortHash([outcome.kind === "exit" ? outcome.text : outcome.kind, verdicts]),
  };
}

/** One scenario over the columns: a matrix of one row, for pages that show row after row. Errors: `UsageError`. */
export function matrixRow(id: string, columns: readonly string[], options: RunOptions = {}): MatrixResult {
  const session = new Session(guestImage({ scenario: id }), options);
  const resolved = session.columns(columns);
  const scenario = SCENARIOS.find((known) => known.id === id)!;
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    cpu: session.silicon.id,
    columns: resolved.map((column) => ({
      column: column.text,
      full: column.spec.text,
      product: column.spec.product,
      confidence: basisOf(column),
    })),
    rows: [
      {
        scenario: scenarioResult(scenario),
        cells: resolved.map((column) => cellOf(session, resolved[0]!, column)),
      },
    ],
  };
}

/** All bundled scenarios over the columns. Errors: `UsageError`. */
export function matrix(columns: readonly string[], options: RunOptions = {}): MatrixResult {
  return joinRows(SCENARIOS.map((scenario) => matrixRow(scenario.id, columns, options)));
}

/** The same, made by several. Errors: those of the helpers. */
export async function matrixTogether(
  columns: readonly string[],
  helpers: readonly PairHelper[],
  progress: (done: number, all: number) => void = () => {},
): Promise<MatrixResult> {
  const pairs = pairsOf(columns);
  const jobs = SCENARIOS.flatMap(({ id }) => pairs.map((pair) => ({ id, pair })));
  const cells = await shared(jobs, helpers, (helper, { id, pair }) => helper.matrixRow(id, pair), progress);
  return joinRows(SCENARIOS.map((_, row) => joinCells(cells.slice(row * pairs.length, (row + 1) * pairs.length))));
}
