import { DELIVERY, type InterruptMessage, type Processor, STATE } from "@hvdiff/cpu";
import type { Machine } from "../machine.ts";
import {
  type ChoicePoint,
  comparePoints,
  type Deviation,
  deviationText,
  type Schedule,
  type ScheduledEvent,
} from "./schedule.ts";

const MODE_GUEST = 2;

/** What of a message a local APIC takes. */
export type ApicMessage = Pick<InterruptMessage, "vector" | "deliveryMode" | "levelTriggered">;

/** What a moment is counted by, for each processor. Plain data. */
interface Place {
  /** Tick of the last step of a root-mode client. */
  tick: number;
  /** Steps it has taken at that tick. */
  steps: number;
}

/** Where each processor is counted to, and how many deviations have happened. */
export interface SavedChoices {
  readonly places: readonly Readonly<Place>[];
  readonly done: number;
}

/** How an event reaches the local APIC of a processor; null for events that do not. */
export function messageOf(event: ScheduledEvent): ApicMessage | null {
  if (event.kind === "irq") return { vector: event.vector, deliveryMode: DELIVERY.fixed, levelTriggered: false };
  return event.kind === "nmi" ? { vector: 0, deliveryMode: DELIVERY.nmi, levelTriggered: false } : null;
}

/** The deviations in the order of the text, but those of one processor among themselves in the order of their moments. */
function planOf(schedule: Schedule): Schedule {
  const ordered = schedule.toSorted((a, b) => comparePoints(a.at, b.at));
  const next = (vcpu: number) =>
    ordered.splice(
      ordered.findIndex(({ at }) => at.vcpu === vcpu),
      1,
    )[0]!;
  return schedule.map(({ at }) => next(at.vcpu));
}

/** The asynchronous choices of one run: which moments there are, and what the schedule makes happen at them. */
export class Choices {
  /** Ticks at which a processor is to stop, whatever it does. */
  pause = Number.POSITIVE_INFINITY;
  private readonly machine: Machine;
  private planned: Schedule;
  /** Deviations that have happened. */
  private done = 0;
  private readonly places: Place[];

  constructor(machine: Machine) {
    this.machine = machine;
    this.planned = planOf(machine.options.schedule ?? []);
    this.places = machine.processors.map(() => ({ tick: -1, steps: 0 }));
  }

  /** What happens next, if it is at this processor. */
  private upcoming({ index }: Processor): Deviation | undefined {
    const next = this.planned[this.done];
    return next?.at.vcpu === index ? next : undefined;
  }

  /** Another schedule from here on; what has happened of the old one stays. */
  plan(schedule: Schedule): void {
    this.planned = planOf(schedule);
    this.done = 0;
  }

  /** The moment that a processor is at. */
  pointOf(processor: Processor): ChoicePoint {
    const { index, retired } = processor;
    const place = this.places[index]!;
    const steps = place.tick === retired ? place.steps : 0;
    return { vcpu: index, tick: retired, step: steps === 0 && this.runsGuest(processor) ? 0 : steps + 1 };
  }

  /** Whether machine code has the processor, not a root-mode client. */
  runsGuest({ s }: Processor): boolean {
    return this.machine.client === null || s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST;
  }

  /** A root-mode client takes a step for a processor. */
  noteStep({ index, retired }: Processor): void {
    const place = this.places[index]!;
    if (place.tick !== retired) place.steps = 0;
    place.tick = retired;
    place.steps++;
  }

  /** Machine code goes on: behind a client's steps at the same tick that is one more, so that no two moments have one name. */
  noteStretch(processor: Processor): void {
    const { tick, steps } = this.places[processor.index]!;
    if (tick === processor.retired && steps > 0) this.noteStep(processor);
  }

  /** Makes happen what is due for a processor. True where it shall not run now after all. */
  act(processor: Processor): boolean {
    for (let next = this.upcoming(processor); next !== undefined; next = this.upcoming(processor)) {
      if (comparePoints(next.at, this.pointOf(processor)) > 0) break;
      this.done++;
      this.perform(next.event, processor);
      // What else is due here waits until the processor is here again.
      if (this.machine.turns.isPreempted(processor)) return true;
    }
    return this.machine.outcome !== null || this.machine.turns.isPreempted(processor);
  }

  /** Makes an event happen at the moment that a processor is at. */
  perform(event: ScheduledEvent, processor: Processor): void {
    const { machine } = this;
    const deviation = deviationText({ event, at: this.pointOf(processor) });
    machine.trace.add({
      vcpu: processor.index,
      level: 0,
      time: processor.retired,
      kind: "schedule",
      data: { deviation },
    });
    if (event.kind === "turn") machine.turns.prefer(machine.processors[event.to]!);
    else if (machine.client === null) this.performOnMetal(event, processor);
    else if (!machine.client.take(processor.index, event))
      machine.outcome = {
        kind: "unimplemented",
        what: `an L0's ${event.kind} by schedule`,
        where: machine.where(),
      };
  }

  private performOnMetal(event: ScheduledEvent, processor: Processor): void {
    const { machine } = this;
    const message = messageOf(event);
    if (message === null)
      machine.outcome = { kind: "unimplemented", what: `${event.kind} by schedule on metal`, where: machine.where() };
    else {
      processor.apic.accept(message);
      machine.turns.wake(processor);
    }
  }

  /** Tick up to which a processor may run before something is due. */
  limitFor(processor: Processor): number {
    const next = this.upcoming(processor);
    const due = next === undefined || next.at.step > 0 ? Number.POSITIVE_INFINITY : next.at.tick;
    return Math.min(this.pause, due > processor.retired ? due : Number.POSITIVE_INFINITY);
  }

  /** Tick at which something is due for a processor that has nothing to do. */
  deadline(): number {
    const { turns, processors } = this.machine;
    let earliest = Number.POSITIVE_INFINITY;
    for (const processor of processors)
      if (turns.isIdle(processor)) earliest = Math.min(earliest, this.tickOf(processor));
    return earliest;
  }

  /** Tick of what is due next for a processor. */
  tickOf(processor: Processor): number {
    return this.upcoming(processor)?.at.tick ?? Number.POSITIVE_INFINITY;
  }

  /** Makes happen what is due for processors that have nothing to do. */
  actOnIdle(time: number): void {
    const { turns, processors } = this.machine;
    for (const processor of processors) {
      if (!turns.isIdle(processor) || this.tickOf(processor) > time) continue;
      processor.retired = Math.max(processor.retired, time);
      this.act(processor);
    }
  }

  save(): SavedChoices {
    return { places: this.places.map((place) => ({ ...place })), done: this.done };
  }

  restore({ places, done }: SavedChoices): void {
    this.done = done;
    places.forEach((place, at) => {
      Object.assign(this.places[at]!, place);
    });
  }
}
