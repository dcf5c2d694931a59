import { DebugTarget } from "@hvdiff/machine";
import type { DebugSession, Guest, GuestConsole, RunOptions } from "./api.ts";
import { alignRuns, findDifferences, outcomeResult, toRow, verdictIds } from "./differences.ts";
import { toEventResult } from "./events.ts";
import { joinDiffs, type PairHelper, pairsOf, shared } from "./pairs.ts";
import { basisOf, refuseStack } from "./resolve.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { type ColumnResult, type CompareResult, type DiffResult, SCHEMA_VERSION, type TraceResult } from "./results.ts";
import { createTeller, type Run, runMachine } from "./run.ts";
import { runId } from "./run-id.ts";
import { guestImage, Session } from "./session.ts";
import { withLevelsBelow } from "./translation.ts";
import { VERSION } from "./version.ts";

const NOT_COMPARED = { differences: [], firstDivergence: null };

function columnResult(session: Session, reference: ResolvedColumn, column: ResolvedColumn): ColumnResult {
  const compared = column === reference ? NOT_COMPARED : findDifferences(session, reference, column);
  return { ...resultOf(session, column, session.run(column)), ...compared };
}

/** What a column has to say for itself, compared with nothing. */
export function resultOf(session: Session, column: ResolvedColumn, run: Run): ColumnResult {
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
    exits: exitsOf(run),
    ...NOT_COMPARED,
  };
}

/** VM exits as L1 saw them; none where the run kept no trace. */
function exitsOf({ events }: Run): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, data } of events) {
    if (kind !== "vmexit") continue;
    const reason = String(data["reason"]);
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

function guestOf(session: Session): DiffResult["guest"] {
  const { id, title, sha256, bundled } = session.image;
  return { id, title, sha256, bundled };
}

/** What all columns share. */
function headOf(session: Session): Omit<DiffResult, "reference" | "columns" | "verdicts" | "different"> {
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    guest: guestOf(session),
    cpu: session.silicon.id,
    firmware: session.settings.firmware,
    memory: session.settings.memory,
    commandLine: session.settings.commandLine,
  };
}

/** Runs a guest in every column and compares each with the first. Errors: `UsageError`. */
export function diff(guest: Guest, columns: readonly string[], options: RunOptions = {}): DiffResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.columns(columns);
  const reference = resolved[0]!;
  const results = resolved.map((column) => columnResult(session, reference, column));
  return {
    ...headOf(session),
    reference: reference.text,
    columns: results,
    verdicts: verdictIds(resolved.map((column) => session.run(column))),
    different: results.some((result) => result.differences.length > 0 || result.firstDivergence !== null),
  };
}

/** The same, each column compared with the first by one of several. Errors: those of the helpers. */
export async function diffTogether(columns: readonly string[], helpers: readonly PairHelper[]): Promise<DiffResult> {
  return joinDiffs(
    await shared(
      pairsOf(columns),
      helpers,
      (helper, pair) => helper.diff(pair),
      () => {},
    ),
  );
}

/** Runs a guest in one column and tells what it prints at once. Errors: `UsageError`. */
export function run(guest: Guest, column: string, options: RunOptions, console: GuestConsole): DiffResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  return loneResult(session, resolved, session.runOnce(resolved, console));
}

/** What a guest sees in one column, with what L0 does by itself. Errors: `UsageError`. */
export function trace(guest: Guest, column: string, options: RunOptions): TraceResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  const machine = session.machine(resolved, { traceRoot: true });
  const run = withLevelsBelow(runMachine(machine), resolved);
  return { column: resultOf(session, resolved, run), events: machine.trace.events.map(toEventResult) };
}

/** One column, compared with nothing. */
function loneResult(session: Session, column: ResolvedColumn, ran: Run): DiffResult {
  const columns = [resultOf(session, column, ran)];
  return { ...headOf(session), reference: column.text, columns, verdicts: verdictIds([ran]), different: false };
}

/** A guest in one column for a debugger. Errors: `UsageError`. */
export function debug(guest: Guest, column: string, options: RunOptions, console: GuestConsole): DebugSession {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  refuseStack(resolved, "has no debugger");
  const machine = session.machine(resolved, { recordTrace: false });
  return {
    target: new DebugTarget(machine),
    tell: createTeller(machine, console),
    result: () => loneResult(session, resolved, runMachine(machine)),
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
