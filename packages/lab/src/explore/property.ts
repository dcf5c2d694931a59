import { describeOutcome, type Machine, type TraceEvent } from "@hvdiff/machine";
import { UsageError } from "../api.ts";
import { eventKey } from "../events.ts";
import { projectionOf, type Run, waitingOn } from "../run.ts";
import { parseVerdicts } from "../verdicts/parse-verdicts.ts";

/** How a run ended, as far as a property looks at it. */
export interface RunEnd {
  readonly outcome: string;
  readonly serial: string;
  readonly values: ReadonlyMap<string, string>;
  /** The guest-visible events, where the trace is kept, and their keys. */
  readonly events: readonly TraceEvent[];
  readonly keys: readonly string[];
  /** Interrupts that a local APIC of the guest has accepted and no processor has taken. */
  readonly waiting: readonly string[];
  /** Events that were to be injected when another was put in their place. */
  readonly overwritten: number;
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
  const events = projectionOf(machine.trace.events);
  const said = parseVerdicts(serial, { exitCode: outcome.kind === "exit" ? outcome.code : null, text, truncated });
  return {
    outcome: outcome.kind === "exit" ? text : outcome.kind,
    serial,
    values: new Map(said.verdicts.map(({ id, value }) => [id, value])),
    events,
    keys: events.map(eventKey),
    waiting: waitingOn(machine),
    overwritten: machine.counters["events.overwritten"] ?? 0,
  };
}

/** The same of a run that is kept. */
export function endOfRun({ outcome, serial, values, events, counters, waiting }: Run): RunEnd {
  return {
    events,
    waiting,
    overwritten: counters["events.overwritten"] ?? 0,
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

function losesNothing(reference: RunEnd, end: RunEnd): boolean {
  return end.overwritten === 0 && end.waiting.every((interrupt) => reference.waiting.includes(interrupt));
}

const ON_TRACE = /^(never|some)\s+([a-z0-9-]+)\s*(?:\{([^}]*)\})?$/i;

/** `never exception{level=1,vector=13}`: whether the trace has no such event, or some. */
function traceConditionOf(text: string): Property | null {
  const match = ON_TRACE.exec(text);
  if (match === null) return null;
  const [, quantity = "", kind = "", list = ""] = match;
  const fields = list.split(",").filter((field) => field.trim() !== "");
  const wanted = fields.map((field) => field.split("=").map((part) => part.trim()));
  if (wanted.some((pair) => pair.length !== 2))
    throw new UsageError(`property ${JSON.stringify(text)}: fields are NAME=VALUE, with commas between them`);
  const isLike = (event: TraceEvent) =>
    event.kind === kind && wanted.every(([name = "", value]) => String(fieldOf(event, name)) === value);
  return {
    text: `${quantity.toLowerCase()} ${kind}${wanted.length === 0 ? "" : `{${wanted.map((pair) => pair.join("=")).join(",")}}`}`,
    needsTrace: true,
    holds: (end) => end.events.some(isLike) === (quantity.toLowerCase() === "some"),
  };
}

function fieldOf(event: TraceEvent, name: string): unknown {
  return name === "level" || name === "vcpu" ? event[name] : event.data[name];
}

const CONDITION = /^([a-z0-9.#-]+|\(outcome\))\s*(!?=)\s*(.+)$/i;

function conditionOf(text: string): Property {
  const onTrace = traceConditionOf(text);
  if (onTrace !== null) return onTrace;
  const match = CONDITION.exec(text);
  if (match === null)
    throw new UsageError(
      `property ${JSON.stringify(text)}: neither verdicts, trace, default nor lost-event, nor of the form VERDICT=VALUE, VERDICT!=VALUE, never EVENT{NAME=VALUE} or some EVENT{NAME=VALUE}`,
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
 * outcome are those of the column's own default schedule), `lost-event` (no interrupt is left over that is not on metal too, no event was put in the place of another
 * one), or conditions on verdicts and on the trace joined by `and`. Errors: `UsageError`.
 */
export function propertyOf(text: string, references: References): Property {
  if (text === "verdicts") return { text, needsTrace: false, holds: (end) => sameVerdicts(references.metal(), end) };
  if (text === "default") return { text, needsTrace: false, holds: (end) => sameVerdicts(references.default(), end) };
  if (text === "trace") return { text, needsTrace: true, holds: (end) => sameTrace(references.metal(), end) };
  if (text === "lost-event") return { text, needsTrace: false, holds: (end) => losesNothing(references.metal(), end) };
  const conditions = text.split(/\s+and\s+/).map(conditionOf);
  return {
    text: conditions.map((condition) => condition.text).join(" and "),
    needsTrace: conditions.some((condition) => condition.needsTrace),
    holds: (end) => conditions.every((condition) => condition.holds(end)),
  };
}
