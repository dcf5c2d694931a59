import { type Machine, parseSchedule, type Schedule, type ScheduledEvent, scheduleText } from "@hvdiff/machine";
import { type ExploreOptions, type Guest, UsageError } from "../api.ts";
import { outcomeResult } from "../differences.ts";
import { refuseStack } from "../resolve.ts";
import type { ResolvedColumn } from "../resolved-column.ts";
import { type ExploreResult, type Finding, SCHEMA_VERSION } from "../results.ts";
import { runMachine } from "../run.ts";
import { runId } from "../run-id.ts";
import { guestImage, Session } from "../session.ts";
import { VERSION } from "../version.ts";
import { explain } from "./explain.ts";
import type { Exploration } from "./exploration.ts";
import { type Found, Gathered, type PartResult, PartSearch, partsOf, type SearchPart } from "./parts.ts";
import { endOf, propertyOf, type RunEnd } from "./property.ts";
import { randomSearch } from "./random.ts";
import type { SearchCounts } from "./search.ts";
import { type Replays, shrink } from "./shrink.ts";
import { type SearchHelpers, searchDepth } from "./together.ts";
import { TreeBuilder } from "./tree.ts";

const MOST_SCHEDULES = 10_000_000;
const DEFAULT_VECTOR = "irq:0x31";

function eventOf(text: string): ScheduledEvent {
  try {
    return parseSchedule(`${text === "irq" ? DEFAULT_VECTOR : text}@0`)[0]!.event;
  } catch {
    throw new UsageError(
      `events: unknown event "${text}" (known: signal, host-irq, reclaim, irq, irq:VECTOR, nmi, turn, turn:PROCESSOR, pause, migrate)`,
    );
  }
}

/** Reads the events of a search: `signal,irq:0x40`. Errors: `UsageError`. */
function eventsOf(texts: readonly string[], processors: number): readonly ScheduledEvent[] {
  const turns = Array.from({ length: processors }, (_, to): ScheduledEvent => ({ kind: "turn", to }));
  return texts.flatMap((text) => {
    if (text === "turn") return turns;
    const event = eventOf(text);
    if (event.kind === "turn" && event.to >= processors)
      throw new UsageError(`events: "${text}": there is no processor ${event.to}`);
    return event;
  });
}

const OF_USERSPACE: readonly ScheduledEvent["kind"][] = ["signal", "pause", "migrate"];
const OF_HOST: readonly ScheduledEvent["kind"][] = ["host-irq", "reclaim"];

function requireTakers(column: ResolvedColumn, events: readonly ScheduledEvent[]): void {
  const { spec, text } = column;
  refuseStack(column, "cannot be searched");
  if (events.length === 0) throw new UsageError("events: none given");
  if (spec.vmm === null && events.some(({ kind }) => OF_USERSPACE.includes(kind)))
    throw new UsageError(`column "${text}": there is no VMM half that a signal could return to`);
  if (spec.product === "metal" && events.some(({ kind }) => OF_HOST.includes(kind)))
    throw new UsageError('column "metal": there is no host under the guest that could be interrupted');
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
  const machine = session.machine(column, { recordTrace: property.needsTrace });
  const tree = options.tree === true ? new TreeBuilder() : null;
  const another = () => session.machine(column, { recordTrace: property.needsTrace });
  return { session, column, machine, property, events, tree, another, undisturbed: null };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function runOf(session: Session, column: ResolvedColumn): RunEnd {
  const machine = session.machine(column);
  runMachine(machine);
  return endOf(machine);
}

/** Deeper and deeper, so that what is found first has the fewest deviations. */
function deepen(exploration: Exploration, options: ExploreOptions, progress: (counts: SearchCounts) => void): Found {
  const search = new PartSearch(exploration);
  const gathered = new Gathered(exploration);
  const { counts } = gathered;
  const most = options.schedules ?? MOST_SCHEDULES;
  for (let depth = 0; depth <= (options.bound ?? 1); depth++)
    for (let part = 0; part < partsOf(depth); part++) {
      const { tried, merged } = counts;
      const tell = (more: SearchCounts) => progress({ tried: tried + more.tried, merged: merged + more.merged });
      const found = gathered.take(search.search({ depth, part }, most - tried, tell));
      if (found !== null) return found;
    }
  return gathered.exhausted;
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
  const found =
    options.seed === undefined
      ? deepen(exploration, options, progress)
      : randomSearch(replaysOf(exploration), exploration.events, { ...options, seed: options.seed }, progress);
  return resultOf(exploration, options, found);
}

/** Opens the same search for one who does parts of it. Errors: `UsageError`. */
export function searchParts(guest: Guest, column: string, options: ExploreOptions): (part: SearchPart) => PartResult {
  const search = new PartSearch(prepare(guest, column, options));
  return (part) => search.search(part, MOST_SCHEDULES);
}

/**
 * The same search with the help of others; what comes out is the same. Random schedules, and a limit on their number, are one's own business: then the
 * others have nothing to do. Errors: `UsageError`.
 */
export async function exploreTogether(
  guest: Guest,
  column: string,
  options: ExploreOptions,
  helpers: SearchHelpers,
  progress: (counts: SearchCounts) => void = () => {},
): Promise<ExploreResult> {
  if (options.seed !== undefined || options.schedules !== undefined) return explore(guest, column, options, progress);
  const exploration = prepare(guest, column, options);
  const search = new PartSearch(exploration);
  const gathered = new Gathered(exploration);
  const own = async (part: SearchPart) => {
    await helpers.pause();
    return search.search(part, MOST_SCHEDULES);
  };
  for (let depth = 0; depth <= (options.bound ?? 1); depth++) {
    const results = await searchDepth(depth, own, helpers.others, (more) =>
      progress({ tried: gathered.counts.tried + more.tried, merged: gathered.counts.merged + more.merged }),
    );
    for (const result of results) {
      const found = gathered.take(result);
      if (found !== null) return resultOf(exploration, options, found);
    }
  }
  return resultOf(exploration, options, gathered.exhausted);
}

function replaysOf({ machine, property }: Exploration): Replays {
  return { machine, holds: (ended: Machine) => property.holds(endOf(ended)) };
}

function resultOf(exploration: Exploration, options: ExploreOptions, found: Found): ExploreResult {
  const { session, column, property } = exploration;
  const schedule =
    found.schedule === null ? null : shrink(replaysOf(exploration), found.schedule, options.seed !== undefined);
  const { id, title, sha256, bundled } = session.image;
  return {
    schemaVersion: SCHEMA_VERSION,
    hvdiff: VERSION,
    guest: { id, title, sha256, bundled },
    column: column.text,
    full: column.spec.text,
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
