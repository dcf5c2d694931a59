import type { Guest, RunOptions } from "./api.ts";
import { UsageError } from "./api.ts";
import { alignRuns, findDifferences, outcomeResult, toRow, verdictIds } from "./differences.ts";
import type { ResolvedColumn } from "./resolve.ts";
import { basisOf } from "./resolve.ts";
import { type ColumnResult, type CompareResult, type DiffResult, SCHEMA_VERSION } from "./results.ts";
import { runId } from "./run-id.ts";
import { guestImage, Session } from "./session.ts";
import { VERSION } from "./version.ts";

function columnResult(session: Session, reference: ResolvedColumn, column: ResolvedColumn): ColumnResult {
  const run = session.run(column);
  const compared =
    column === reference ? { differences: [], firstDivergence: null } : findDifferences(session, reference, column);
  return {
    column: column.text,
    full: column.spec.text,
    product: column.spec.product,
    confidence: basisOf(column),
    runId: runId(session.image, column, session.silicon.id, session.settings),
    outcome: outcomeResult(run.outcome),
    verdicts: run.verdicts,
    suites: run.suites,
    serial: run.serial,
    counters: run.counters,
    ...compared,
  };
}

function guestOf(session: Session): DiffResult["guest"] {
  const { id, title, sha256, bundled } = session.image;
  return { id, title, sha256, bundled };
}

/** Runs a guest in every column and compares each with the first. Errors: `UsageError`. */
export function diff(guest: Guest, columns: readonly string[], options: RunOptions = {}): DiffResult {
  if (columns.length === 0) throw new UsageError("no columns to compare");
  const session = new Session(guestImage(guest), options);
  const resolved = columns.map((text) => session.column(text));
  const reference = resolved[0]!;
  const results = resolved.map((column) => columnResult(session, reference, column));
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    guest: guestOf(session),
    cpu: session.silicon.id,
    firmware: session.settings.firmware,
    memory: session.settings.memory,
    commandLine: session.settings.commandLine,
    reference: reference.text,
    columns: results,
    verdicts: verdictIds(resolved.map((column) => session.run(column))),
    different: results.some((result) => result.differences.length > 0 || result.firstDivergence !== null),
  };
}

/** Two columns' traces side by side. Errors: `UsageError`. */
export function compare(guest: Guest, left: string, right: string, options: RunOptions = {}): CompareResult {
  const session = new Session(guestImage(guest), options);
  const one = session.column(left);
  const other = session.column(right);
  const leftRun = session.run(one);
  const rightRun = session.run(other);
  return {
    schemaVersion: SCHEMA_VERSION,
    guest: guestOf(session),
    left: columnResult(session, one, one),
    right: columnResult(session, one, other),
    rows: alignRuns(session, leftRun, rightRun).map((pair) => toRow(pair, leftRun, rightRun)),
  };
}
