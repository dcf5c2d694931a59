import type { Machine, TraceEvent } from "@hvdiff/machine";
import { type Guest, type RunOptions, UsageError } from "../api.ts";
import { type CopyStep, type ExitCopiesResult, SCHEMA_VERSION } from "../results.ts";
import { guestImage, Session } from "../session.ts";
import { levelsBelow } from "../translation.ts";

const FIELD_ACCESS: readonly unknown[] = ["VMREAD", "VMWRITE"];
const LOOK_EVERY = 100;
/** Events that are kept: some hundred exits at three levels. */
const MOST_EVENTS = 3_000_000;

function isExit({ level, kind, data }: TraceEvent, ofLevel: number, from?: number): boolean {
  return kind === "l0-exit" && level === ofLevel && (from === undefined || data["from"] === from);
}

/** Where silicon's exit begins that has come up to a hypervisor at this place in the trace. */
function beginning(events: readonly TraceEvent[], end: number, top: number): number {
  let at = end;
  for (let level = top - 1; level >= 0; level--) {
    const before = at;
    at = events.findLastIndex((event, index) => index < before && isExit(event, level, 2));
  }
  return at;
}

/** From an exit of the guest to its hypervisor's hearing of it: in a stack a hypervisor of ours, otherwise the guest's own. */
class ExitWatch {
  private readonly top: number;
  private readonly number: number;
  private seen = 0;
  private looked = 0;

  constructor(top: number, number: number) {
    this.top = top;
    this.number = number;
  }

  /** The events of the exit; null while it has not been heard of. */
  find(events: readonly TraceEvent[]): readonly TraceEvent[] | null {
    for (; this.looked < events.length; this.looked++) {
      if (!this.isHeard(events[this.looked]!)) continue;
      this.seen += 1;
      if (this.seen < this.number) continue;
      return this.top > 0 ? this.stacked(events, this.looked) : this.lone(events, this.looked);
    }
    return null;
  }

  private isHeard(event: TraceEvent): boolean {
    return this.top > 0 ? isExit(event, this.top) : event.kind === "l0-reflect";
  }

  private stacked(events: readonly TraceEvent[], end: number): readonly TraceEvent[] {
    return events.slice(beginning(events, end, this.top), end + 1);
  }

  private lone(events: readonly TraceEvent[], reflected: number): readonly TraceEvent[] | null {
    const end = events.findIndex(({ kind }, at) => at > reflected && kind === "l0-entry");
    return end < 0 ? null : events.slice(beginning(events, reflected, 1), end + 1);
  }
}

function stepOf({ level, kind, data }: TraceEvent): CopyStep[] {
  if (kind === "l0-exit") return [{ kind: "exit", level, reason: String(data["reason"]) }];
  if (kind !== "l0-copy") return [];
  return [
    {
      kind: "copy",
      level,
      from: String(data["from"]),
      to: String(data["to"]),
      fields: Number(data["fields"]),
      why: String(data["why"]),
      deckCounts: data["deckCounts"] === true,
    },
  ];
}

function watch(machine: Machine, exits: ExitWatch): readonly TraceEvent[] | null {
  for (;;) {
    const ended = machine.runChoicePoints(LOOK_EVERY);
    const found = exits.find(machine.trace.events);
    if (found !== null || ended) return found;
  }
}

/**
 * Every VMCS copy between an exit of the guest and its hypervisor's hearing of it.
 * @param number the guest's how many-th exit, from 1
 */
export function exitCopies(guest: Guest, text: string, number: number, options: RunOptions = {}): ExitCopiesResult {
  const session = new Session(guestImage(guest), options);
  const column = session.column(text);
  if (column.spec.product === "metal") throw new UsageError("metal copies no VMCS");
  const machine = session.machine(column, {
    bounds: { ...session.settings.bounds, events: MOST_EVENTS },
    traceRoot: true,
  });
  const top = (column.levels?.length ?? 1) - 1 - levelsBelow(column);
  const found = watch(machine, new ExitWatch(top, number));
  if (found === null)
    throw new UsageError(`column "${text}": the run ends before the guest's exit number ${number} is heard of`);
  const steps = found.flatMap(stepOf);
  const isAccess = (step: CopyStep) => step.kind === "exit" && step.level === 0 && FIELD_ACCESS.includes(step.reason);
  const copies = steps.filter((step) => step.kind === "copy");
  return {
    schemaVersion: SCHEMA_VERSION,
    column: text,
    full: column.spec.text,
    exit: number,
    steps: steps.filter((step, at) => at === 0 || !isAccess(step)),
    accessExits: steps.filter((step, at) => at > 0 && isAccess(step)).length,
    copiesAll: copies.length,
    copiesDeck: copies.filter(({ deckCounts }) => deckCounts).length,
  };
}
