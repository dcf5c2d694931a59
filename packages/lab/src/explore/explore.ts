import { type Machine, parseSchedule, type Schedule, type ScheduledEvent, scheduleText } from "@hvdiff/machine";
import { type ExploreOptions, type Guest, UsageError } from "../api.ts";
import { configurationOf } from "../configuration.ts";
import { outcomeResult } from "../differences.ts";
import { refuseStack } from "../resolve.ts";
import type { ResolvedColumn } from "../resolved-column.ts";
import { type ExploreResult, type Finding, SCHEMA_VERSION } from "../results.ts";
import { createMachine, runMachine } from "../run.ts";
import { runId } from "../run-id.ts";
import { guestImage, Session } from "../session.ts";
import { VERSION } from "../version.ts";
import { explain } from "./explain.ts";
import { endOf, type Property, propertyOf, type RunEnd } from "./property.ts";
import { randomSearch } from "./random.ts";
import { Search, type SearchCounts, SearchLimit } from "./search.ts";
import { shrink } from "./shrink.ts";
import { TreeBuilder } from "./tree.ts";

const MOST_SCHEDULES = 10_000_000;
const DEFAULT_VECTOR = "irq:0x31";

/** Reads the events of a search: `signal,irq:0x40`. Errors: `UsageError`. */
function eventsOf(texts: readonly string[], processors: number): readonly ScheduledEvent[] {
  const turns = Array.from({ length: processors }, (_, to): ScheduledEvent => ({ kind: "turn", to }));
  return texts.flatMap((text) => {
    if (text === "turn") return turns;
    const spelled = `${text === "irq" ? DEFAULT_VECTOR : text}@0`;
    try {
      return parseSchedule(spelled).map(({ event }) => event);
    } catch {
      throw new UsageError(
        `events: unknown event "${text}" (known: signal, host-irq, irq, irq:VECTOR, nmi, turn, migrate)`,
      );
    }
  });
}

function requireTakers(column: ResolvedColumn, events: readonly ScheduledEvent[]): void {
  const { spec, text } = column;
  refuseStack(column, "cannot be searched");
  if (events.length === 0) throw new UsageError("events: none given");
  if (spec.vmm === null && events.some(({ kind }) => kind === "signal" || kind === "migrate"))
    throw new UsageError(`column "${text}": there is no VMM half that a signal could return to`);
  if (spec.product === "metal" && events.some(({ kind }) => kind === "host-irq"))
    throw new UsageError('column "metal": there is no host under the guest that could be interrupted');
}

/** What a search works with. */
interface Exploration {
  readonly session: Session;
  readonly column: ResolvedColumn;
  readonly machine: Machine;
  readonly property: Property;
  readonly events: readonly ScheduledEvent[];
  /** Null where nobody asked for it. */
  readonly tree: TreeBuilder | null;
}

function prepare(guest: Guest, text: string, options: ExploreOptions): Exploration {
  const session = new Session(guestImage(guest), options);
  const column = session.column(text);
  const events = eventsOf(options.events ?? ["signal"], session.settings.processors);
  requireTakers(column, events);
  const references = {
    metal: once(() => runOf(session, session.column("metal"))),
    default: once(() => runOf(session, column)),
  };
  const property = propertyOf(options.property ?? "verdicts", references);
  const machine = machineOf(session, column, property.needsTrace);
  const tree = options.tree === true ? new TreeBuilder() : null;
  return { session, column, machine, property, events, tree };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function machineOf(session: Session, column: ResolvedColumn, recordTrace: boolean): Machine {
  const configuration = configurationOf(column, column.quirks, session.silicon);
  return createMachine(session.image, column, configuration, session.silicon, { ...session.settings, recordTrace });
}

function runOf(session: Session, column: ResolvedColumn): RunEnd {
  const machine = machineOf(session, column, true);
  runMachine(machine);
  return endOf(machine);
}

/** What a search came to. */
interface Found {
  readonly schedule: Schedule | null;
  readonly exhaustive: boolean;
  readonly counts: SearchCounts;
  /** Deviations of the schedules tried last. */
  readonly depth: number;
}

/** Deeper and deeper, so that what is found first has the fewest deviations. */
function deepen(exploration: Exploration, options: ExploreOptions, progress: (counts: SearchCounts) => void): Found {
  const { machine, events, property } = exploration;
  const violated = (ended: Machine) => !property.holds(endOf(ended));
  const { tree } = exploration;
  const told = tree === null ? {} : { told: tree.take };
  const search = new Search({
    machine,
    events,
    violated,
    progress,
    most: options.schedules ?? MOST_SCHEDULES,
    ...told,
  });
  const { counts } = search;
  const bound = options.bound ?? 1;
  let depth = 0;
  counts.tried++;
  try {
    for (; depth <= bound; depth++) {
      const schedule = depth === 0 ? defaultSchedule(exploration) : search.find(depth);
      if (schedule !== null) return { schedule, exhaustive: false, counts, depth };
    }
  } catch (error) {
    if (error instanceof SearchLimit) return { schedule: null, exhaustive: false, counts, depth };
    throw error;
  }
  return { schedule: null, exhaustive: true, counts, depth: bound };
}

/** The default schedule itself, if it breaks the property. */
function defaultSchedule({ session, column, property }: Exploration): Schedule | null {
  const machine = machineOf(session, column, property.needsTrace);
  machine.run();
  return property.holds(endOf(machine)) ? null : [];
}

function findingOf(exploration: Exploration, options: ExploreOptions, schedule: Schedule): Finding {
  const { session, column } = exploration;
  const text = scheduleText(schedule);
  const scheduled = new Session(session.image, { ...options, schedule: text });
  const run = scheduled.run(column);
  return {
    schedule: text,
    deviations: schedule.length,
    runId: runId(session.image, column, session.silicon.id, scheduled.settings),
    outcome: outcomeResult(run.outcome),
    serial: run.serial,
    ...explain({ session, scheduled, column, property: exploration.property }),
  };
}

/**
 * Searches the schedules of a guest in a column for one that breaks a property: all with up to `bound` deviations, or with a seed random ones.
 * Errors: `UsageError`.
 */
export function explore(
  guest: Guest,
  column: string,
  options: ExploreOptions = {},
  progress: (counts: SearchCounts) => void = () => {},
): ExploreResult {
  const exploration = prepare(guest, column, options);
  const { session, machine, events, property } = exploration;
  const replays = { machine, holds: (ended: Machine) => property.holds(endOf(ended)) };
  const found =
    options.seed === undefined
      ? deepen(exploration, options, progress)
      : randomSearch(replays, events, { ...options, seed: options.seed }, progress);
  const schedule = found.schedule === null ? null : shrink(replays, found.schedule, options.seed !== undefined);
  const { id, title, sha256, bundled } = session.image;
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    guest: { id, title, sha256, bundled },
    column: exploration.column.text,
    full: exploration.column.spec.text,
    cpu: session.silicon.id,
    events: (options.events ?? ["signal"]).map((text) => (text === "irq" ? DEFAULT_VECTOR : text)),
    property: property.text,
    bound: options.bound ?? 1,
    seed: options.seed ?? null,
    tried: found.counts.tried,
    merged: found.counts.merged,
    exhaustive: found.exhaustive,
    finding: schedule === null ? null : findingOf(exploration, options, schedule),
    ...(exploration.tree === null ? {} : { tree: exploration.tree.tree }),
  };
}
