import { describeOutcome, type Machine } from "@hvdiff/machine";
import { UsageError } from "../api.ts";
import { eventKey } from "../events.ts";
import { projectionOf, type Run } from "../run.ts";
import { parseVerdicts } from "../verdicts/parse-verdicts.ts";

/** How a run ended, as far as a property looks at it. */
export interface RunEnd {
  readonly outcome: string;
  readonly serial: string;
  readonly values: ReadonlyMap<string, string>;
  /** Keys of the guest-visible events, where the trace is kept. */
  readonly keys: readonly string[];
}

/** What must hold at the end of each run. */
export interface Property {
  readonly text: string;
  /** Whether it needs the trace. */
  readonly needsTrace: boolean;
  holds(end: RunEnd): boolean;
}

/** What a run came to. */
export function endOf(machine: Machine): RunEnd {
  const { outcome } = machine;
  if (outcome === null) throw new Error("the run goes on");
  const { serial, truncated } = machine.guest;
  const text = describeOutcome(outcome);
  const said = parseVerdicts(serial, { exitCode: outcome.kind === "exit" ? outcome.code : null, text, truncated });
  return {
    outcome: outcome.kind === "exit" ? text : outcome.kind,
    serial,
    values: new Map(said.verdicts.map(({ id, value }) => [id, value])),
    keys: projectionOf(machine.trace.events).map(eventKey),
  };
}

/** The same of a run that is kept. */
export function endOfRun({ outcome, serial, values, events }: Run): RunEnd {
  return {
    outcome: outcome.kind === "exit" ? describeOutcome(outcome) : outcome.kind,
    serial,
    values,
    keys: events.map(eventKey),
  };
}

function sameVerdicts(one: RunEnd, other: RunEnd): boolean {
  if (one.outcome !== other.outcome || one.values.size !== other.values.size) return false;
  return one.serial === other.serial || [...one.values].every(([id, value]) => other.values.get(id) === value);
}

function sameTrace(one: RunEnd, other: RunEnd): boolean {
  return one.keys.length === other.keys.length && one.keys.every((key, at) => key === other.keys[at]);
}

/** Ends that a property may compare with. */
export interface References {
  metal(): RunEnd;
  default(): RunEnd;
}

const CONDITION = /^([a-z0-9.#-]+|\(outcome\))\s*(!?=)\s*(.+)$/i;

function conditionOf(text: string): Property {
  const match = CONDITION.exec(text);
  if (match === null)
    throw new UsageError(
      `property ${JSON.stringify(text)}: neither verdicts, trace nor default, nor of the form VERDICT=VALUE or VERDICT!=VALUE`,
    );
  const [, id = "", sign, value = ""] = match;
  const verdictOf = (end: RunEnd) => (id === "(outcome)" ? end.outcome : (end.values.get(id) ?? ""));
  return {
    text: `${id} ${sign} ${value.trim()}`,
    needsTrace: false,
    holds: (end) => (verdictOf(end) === value.trim()) === (sign === "="),
  };
}

/**
 * Reads a property: `verdicts` (all verdicts and the outcome are metal's), `trace` (the guest-visible trace is metal's), `default` (verdicts and
 * outcome are those of the column's own default schedule), or conditions on verdicts joined by `and`. Errors: `UsageError`.
 */
export function propertyOf(text: string, references: References): Property {
  if (text === "verdicts") return { text, needsTrace: false, holds: (end) => sameVerdicts(references.metal(), end) };
  if (text === "default") return { text, needsTrace: false, holds: (end) => sameVerdicts(references.default(), end) };
  if (text === "trace") return { text, needsTrace: true, holds: (end) => sameTrace(references.metal(), end) };
  const conditions = text.split(/\s+and\s+/).map(conditionOf);
  return {
    text: conditions.map((condition) => condition.text).join(" and "),
    needsTrace: false,
    holds: (end) => conditions.every((condition) => condition.holds(end)),
  };
}
