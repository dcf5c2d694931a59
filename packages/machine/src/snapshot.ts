import type { SavedFrames, SavedProcessor } from "@hvdiff/cpu";
import type { SavedLoop } from "./client-loop.ts";
import type { SavedPc } from "./kept-states.ts";
import type { SavedLoops } from "./loops.ts";
import type { Machine } from "./machine.ts";
import type { Outcome } from "./outcome.ts";
import type { SavedChoices } from "./schedule/choices.ts";
import type { TraceEvent } from "./trace.ts";
import type { SavedTurns } from "./turns.ts";

/** A machine as it was between two choice points. It can be restored any number of times, in the machine that it is of. */
export interface Snapshot {
  readonly frames: SavedFrames;
  readonly processors: readonly SavedProcessor[];
  readonly extensions: readonly unknown[];
  readonly pc: SavedPc | null;
  readonly client: unknown;
  readonly turns: SavedTurns;
  readonly loop: SavedLoop;
  readonly choices: SavedChoices;
  readonly choicePoints: number;
  readonly loops: SavedLoops;
  readonly outcome: Outcome | null;
  readonly events: number;
  /** The last event may be taken back and another may come in its place. */
  readonly lastEvent: TraceEvent | undefined;
}

/** Keeps what a machine is. Not while a guard holds the run. */
export function takeSnapshot(machine: Machine): Snapshot {
  const { events } = machine.trace;
  return {
    frames: machine.memory.saveFrames(),
    processors: machine.processors.map((processor) => processor.save()),
    extensions: machine.processors.map(({ extension }) => extension?.save?.()),
    pc: machine.pc?.save() ?? null,
    client: machine.client?.save() ?? null,
    turns: machine.turns.save(),
    loop: machine.clientLoop.save(),
    choices: machine.choices.save(),
    choicePoints: machine.choicePoints,
    loops: machine.loops.save(),
    outcome: machine.outcome,
    events: events.length,
    lastEvent: events.at(-1),
  };
}

/** Makes a machine what it was; going on gives the same events as it did then. */
export function restoreSnapshot(machine: Machine, snapshot: Snapshot): void {
  machine.memory.restoreFrames(snapshot.frames);
  machine.processors.forEach((processor, at) => {
    processor.restore(snapshot.processors[at]!);
    processor.extension?.restore?.(snapshot.extensions[at]);
  });
  if (snapshot.pc !== null) machine.pc!.restore(snapshot.pc);
  if (machine.client !== null) machine.client.restore(snapshot.client);
  machine.turns.restore(snapshot.turns);
  machine.clientLoop.restore(snapshot.loop);
  machine.choices.restore(snapshot.choices);
  machine.choicePoints = snapshot.choicePoints;
  machine.loops.restore(snapshot.loops);
  machine.outcome = snapshot.outcome;
  const { events } = machine.trace;
  events.length = snapshot.events;
  if (snapshot.lastEvent !== undefined) events[snapshot.events - 1] = snapshot.lastEvent;
}

/** Makes a new machine of the same build what another is. */
export function copyMachine(copy: Machine, from: Machine): void {
  copy.memory.copyFrom(from.memory);
  copy.trace.events.push(...from.trace.events);
  from.processors.forEach((processor, at) => {
    copy.processors[at]!.extension?.cloneStateFrom?.(processor.extension!);
    copy.processors[at]!.resumeFrom(processor);
  });
  if (from.pc !== null) copy.pc!.copyFrom(from.pc);
  if (from.client !== null) copy.client!.copyFrom(from.client);
  copy.turns.restore(from.turns.save());
  copy.clientLoop.restore(from.clientLoop.save());
  copy.choices.restore(from.choices.save());
  copy.choicePoints = from.choicePoints;
  copy.loops.restore(from.loops.save());
  copy.outcome = from.outcome;
}
