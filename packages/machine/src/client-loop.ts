import { type Processor, STATE } from "@hvdiff/cpu";
import { limitOutcome } from "./endings.ts";
import type { Machine } from "./machine.ts";
import { performAction } from "./root-action.ts";
import type { RootClient, RootEvent } from "./root-client.ts";
import type { Turns } from "./turns.ts";

const MODE_GUEST = 2;
const START: RootEvent = { kind: "start" };

/** What the client is to be told next, by processor. */
export type SavedLoop = readonly RootEvent[];

/** What the loop of a machine with a root-mode client does next, processor by processor. */
export class ClientLoop {
  private readonly machine: Machine;
  private readonly turns: Turns;
  /** Lets machine code run until the deadline. */
  private readonly run: (processor: Processor, deadline: number) => void;
  private readonly events: RootEvent[];

  constructor(machine: Machine, turns: Turns, run: (processor: Processor, deadline: number) => void) {
    this.machine = machine;
    this.turns = turns;
    this.run = run;
    this.events = machine.processors.map(() => START);
  }

  step(client: RootClient): void {
    const { processors } = this.machine;
    const processor = processors.length === 1 ? processors[0]! : this.nextOf(client);
    if (processor === null) return;
    if (processor.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST) this.stepGuest(client, processor);
    else this.stepClient(client, processor);
  }

  private stepClient(client: RootClient, processor: Processor): void {
    processor.s[STATE.TRACE_LEVEL] = 0;
    if (this.machine.choices.act(processor)) return;
    this.machine.choices.noteStep(processor);
    if (this.events.length > 1) this.turns.time = processor.retired;
    const action = client.advance(this.machine, processor.index, this.events[processor.index]!);
    const waits = action.kind === "block" && this.events.length > 1;
    if (waits) this.turns.setIdle(processor);
    this.events[processor.index] = waits ? { kind: "wake" } : performAction(this.machine, processor, action);
  }

  private stepGuest(client: RootClient, processor: Processor): void {
    const deadline = client.deadline(processor.index);
    if (processor.retired >= deadline) this.machine.requestHostInterrupt(processor.index);
    this.run(processor, deadline > processor.retired ? deadline : Number.POSITIVE_INFINITY);
  }

  /** Whose turn it is among several. One that has blocked comes back at its deadline, or when the client has something for it. */
  private nextOf(client: RootClient): Processor | null {
    const { machine, turns } = this;
    const next = turns.next();
    const waiting = this.earliestWaiting(client);
    if (next !== null && (waiting === null || waiting.deadline > next.retired)) return next;
    if (waiting === null) machine.outcome = { kind: "halted", where: machine.where() };
    else if (waiting.deadline >= machine.bounds.instructions) machine.outcome = limitOutcome(machine);
    else {
      turns.time = waiting.deadline;
      turns.wake(waiting.processor);
    }
    return null;
  }

  private earliestWaiting(client: RootClient): { processor: Processor; deadline: number } | null {
    let found: { processor: Processor; deadline: number } | null = null;
    for (const processor of this.machine.processors) {
      if (!this.turns.isIdle(processor)) continue;
      const scheduled = this.machine.choices.tickOf(processor);
      const deadline = Math.min(client.deadline(processor.index), this.turns.ownWake(processor), scheduled);
      if (deadline !== Number.POSITIVE_INFINITY && (found === null || deadline < found.deadline))
        found = { processor, deadline };
    }
    return found;
  }

  save(): SavedLoop {
    return [...this.events];
  }

  restore(events: SavedLoop): void {
    this.events.splice(0, this.events.length, ...events);
  }
}
