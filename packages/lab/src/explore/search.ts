import {
  type ChoicePoint,
  type Deviation,
  type Machine,
  restoreSnapshot,
  type Schedule,
  type ScheduledEvent,
  type Snapshot,
  stateHash,
  takeSnapshot,
} from "@hvdiff/machine";

/** How a search stands. */
export interface SearchCounts {
  /** Schedules that were run, to the end or until they met a known state. */
  tried: number;
  /** Of these, the ones that met a known state. */
  merged: number;
}

export interface SearchOptions {
  readonly machine: Machine;
  readonly events: readonly ScheduledEvent[];
  /** Whether the run that has just ended breaks the property. */
  violated(machine: Machine): boolean;
  /** Called now and then. */
  progress(counts: SearchCounts): void;
  /** Told of each schedule that was tried. */
  readonly told?: (schedule: Schedule, end: TryEnd) => void;
  /** Whether the property is one of the end alone, so that a schedule ends like another that went through the same state. */
  readonly mergesTries: boolean;
  /** Stops for good after so many schedules. */
  readonly most: number;
}

/** How a schedule ended: in a state that is known, at the end with the property intact, or not. */
export type TryEnd = "merged" | "ended" | "violated";

/** The search has tried as many schedules as it may. */
export class SearchLimit extends Error {}

type Known = ReadonlySet<string>;

/** A part of a run, of so many that have as many steps each. */
export interface RunPart {
  readonly part: number;
  readonly of: number;
}

/** The run without any deviation. */
export interface Undisturbed {
  readonly states: Known;
  readonly steps: number;
}

/** The moment before a step of the machine. */
interface StepStart extends ChoicePoint {
  /** Whether machine code runs in it, up to many instructions. */
  readonly ofGuest: boolean;
}

/** How much later each next look at the state is: a run that has not met a known one meets one rarely or never. */
const LATER = 1.6;

/**
 * Tries every schedule that has a given number of deviations, in the order of their moments. A stretch between two steps of the machine is
 * entered anew for each of its instructions; what went before it is never run twice.
 */
export class Search {
  readonly counts: SearchCounts = { tried: 0, merged: 0 };
  private readonly options: SearchOptions;
  private readonly machine: Machine;
  /** States from which the property was found intact at the end, with no deviation left to try. */
  private readonly intact = new Set<string>();

  constructor(options: SearchOptions) {
    this.options = options;
    this.machine = options.machine;
  }

  /**
   * The first schedule with exactly `deviations` deviations that breaks the property, of those whose first one lies in a part of the undisturbed run;
   * null if none does. The machine is where it was. What is counted and found in a part does not depend on what is searched before it.
   * @param kept what searches of other parts need as well
   */
  findIn(deviations: number, { part, of }: RunPart, kept: { undisturbed: Undisturbed | null }): Schedule | null {
    const start = takeSnapshot(this.machine);
    kept.undisturbed ??= this.followAll();
    const { states, steps } = kept.undisturbed;
    const [from, to] = [Math.floor((steps * part) / of), Math.floor((steps * (part + 1)) / of)];
    this.machine.runChoicePoints(from);
    const found = this.tryEach([], deviations, [states], to - from);
    restoreSnapshot(this.machine, start);
    return found;
  }

  private followAll(): Undisturbed {
    const here = takeSnapshot(this.machine);
    const states = new Set<string>();
    const steps = this.follow(states, []);
    restoreSnapshot(this.machine, here);
    return { states, steps };
  }

  private extend(prefix: Schedule, budget: number, known: readonly Known[]): Schedule | null {
    const { machine } = this;
    const here = takeSnapshot(machine);
    const own = new Set<string>();
    const steps = this.follow(own, known);
    restoreSnapshot(machine, here);
    return this.tryEach(prefix, budget, [...known, own], steps);
  }

  /** Every deviation in so many steps from here on. */
  private tryEach(prefix: Schedule, budget: number, known: readonly Known[], steps: number): Schedule | null {
    const { machine } = this;
    let here = takeSnapshot(machine);
    for (let step = 0; step < steps; step++) {
      const from = this.nextStep();
      const idle = this.idleProcessors();
      const ended = machine.runChoicePoints(1);
      const next = ended ? null : takeSnapshot(machine);
      const found = from === null ? null : this.deviate(prefix, { here, from, idle, budget, known });
      if (found !== null || next === null) return found;
      restoreSnapshot(machine, next);
      here = next;
    }
    return null;
  }

  /** Notes the states that a run goes through, up to its end or to one that is known. Returns the number of steps. */
  private follow(states: Set<string>, known: readonly Known[]): number {
    const { machine } = this;
    for (let steps = 1; ; steps++) {
      if (machine.runChoicePoints(1)) return steps;
      const hash = stateHash(machine);
      if (known.some((others) => others.has(hash))) return steps;
      states.add(hash);
    }
  }

  /** Where the next step begins; null when nothing is to run. */
  private nextStep(): StepStart | null {
    const { turns, choices } = this.machine;
    const processor = turns.upcoming();
    return processor === null ? null : { ...choices.pointOf(processor), ofGuest: choices.runsGuest(processor) };
  }

  private idleProcessors(): readonly boolean[] {
    const { processors, turns } = this.machine;
    return processors.map((processor) => turns.isIdle(processor));
  }

  /**
   * What can happen somewhere in the step that the machine has just made. Another processor becomes idle in no step but its own: one that was idle before
   * and is behind it could nowhere be given the turn.
   */
  private possible({ vcpu }: ChoicePoint, idle: readonly boolean[]): readonly ScheduledEvent[] {
    const after = this.idleProcessors();
    return this.options.events.filter(
      (event) => event.kind !== "turn" || (event.to !== vcpu && !(idle[event.to]! && after[event.to]!)),
    );
  }

  /** Every deviation in the step that the machine has just made. */
  private deviate(
    prefix: Schedule,
    place: {
      here: Snapshot;
      from: StepStart;
      idle: readonly boolean[];
      budget: number;
      known: readonly Known[];
    },
  ): Schedule | null {
    const { here, from, idle, budget, known } = place;
    const events = this.possible(from, idle);
    const last = events.length > 0 ? this.lastTick(from) : -1;
    for (let tick = from.tick; tick <= last; tick++)
      for (const event of events) {
        restoreSnapshot(this.machine, here);
        const deviation = this.perform(event, from, tick);
        if (deviation === null) continue;
        const schedule = [...prefix, deviation];
        const found = budget > 1 ? this.extend(schedule, budget - 1, known) : this.tryOut(schedule, known);
        if (found !== null) return found;
      }
    return null;
  }

  /** Tick of the last instruction boundary of the step: the one where the guest left, or the one before the next step begins. */
  private lastTick({ vcpu, tick, ofGuest }: StepStart): number {
    if (!ofGuest) return tick;
    const { processors, choices, outcome } = this.machine;
    const processor = processors[vcpu]!;
    const left = outcome === null && !choices.runsGuest(processor);
    return Math.max(tick, left ? processor.retired : processor.retired - 1);
  }

  private perform(event: ScheduledEvent, { vcpu }: ChoicePoint, tick: number): Deviation | null {
    const { machine } = this;
    const { choices } = machine;
    const processor = machine.processors[vcpu]!;
    if (processor.retired < tick) {
      choices.pause = tick;
      machine.runChoicePoints(1);
      choices.pause = Number.POSITIVE_INFINITY;
    }
    if (event.kind === "turn" && machine.turns.isIdle(machine.processors[event.to]!)) return null;
    const deviation = { event, at: choices.pointOf(processor) };
    choices.perform(event, processor);
    return deviation;
  }

  /** Runs on from a deviation. The schedule that led to it, if the end breaks the property. */
  private tryOut(schedule: Schedule, known: readonly Known[]): Schedule | null {
    const { machine, counts } = this;
    if (counts.tried >= this.options.most) throw new SearchLimit();
    counts.tried++;
    if (counts.tried % 256 === 0) this.options.progress(counts);
    const passed: string[] = [];
    const processor = machine.processors[schedule.at(-1)!.at.vcpu]!;
    let { retired } = processor;
    for (let stretches = 0, look = 1; !machine.runChoicePoints(1); ) {
      // The run can be where it would have been when the step that the event came into has been made after all.
      if (processor.retired === retired || machine.turns.isGiven) continue;
      retired = processor.retired;
      if (++stretches < look) continue;
      look = Math.ceil(look * LATER);
      const hash = stateHash(machine);
      passed.push(hash);
      if (!this.intact.has(hash) && !known.some((states) => states.has(hash))) continue;
      counts.merged++;
      this.options.told?.(schedule, "merged");
      this.keepIntact(passed);
      return null;
    }
    const violated = this.options.violated(machine);
    if (!violated) this.keepIntact(passed);
    this.options.told?.(schedule, violated ? "violated" : "ended");
    return violated ? schedule : null;
  }

  private keepIntact(hashes: readonly string[]): void {
    if (this.options.mergesTries) for (const hash of hashes) this.intact.add(hash);
  }
}
