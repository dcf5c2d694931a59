import { type Processor, STATE } from "@hvdiff/cpu";

const MODE_GUEST = 2;
const HALTED = 1;
const FLAG_INTERRUPTS = 1 << 9;
/** How long a processor that has been given the turn keeps it, unless it has nothing to do. */
const TURN_TICKS = 1000;

/** Whose turn it was. */
export interface SavedTurns {
  readonly idle: readonly boolean[];
  readonly time: number;
  readonly last: number;
  readonly preferred: number | null;
  readonly until: number;
}

/**
 * Whose turn it is: of the processors that have something to do, the one whose time is earliest, and among equals the lowest number. A
 * processor's time is its count of ticks; waking moves it up to whoever woke it.
 */
export class Turns {
  /** The processor that executes right now. */
  running: Processor | null = null;
  /** The one that executed last. */
  last: Processor;
  /** The one that has the turn, whatever the times are. */
  private preferred: Processor | null = null;
  /** Tick at which it has no more say. */
  private until = 0;
  /** Time between turns. */
  time = 0;
  private readonly processors: readonly Processor[];
  private readonly idle: boolean[];

  constructor(processors: readonly Processor[]) {
    this.processors = processors;
    this.last = processors[0]!;
    this.idle = processors.map(() => false);
  }

  now(): number {
    return this.running?.exactTime() ?? this.time;
  }

  /** The next to run; null when all are idle. */
  next(): Processor | null {
    const found = this.upcoming();
    if (found !== this.preferred || found === null || found.retired >= this.until) {
      this.preferred = null;
      this.until = 0;
    }
    if (found !== null) this.last = found;
    return found;
  }

  /** Whose turn comes next; nothing changes by asking. */
  upcoming(): Processor | null {
    if (this.isGiven) return this.preferred;
    let found: Processor | null = null;
    for (const processor of this.processors) {
      if (!this.idle[processor.index] && (found === null || processor.retired < found.retired)) found = processor;
    }
    return found;
  }

  /** Gives a processor the turn, for a slice of time or until it has nothing to do. */
  prefer(processor: Processor): void {
    this.preferred = processor;
    this.until = processor.retired + TURN_TICKS;
  }

  /** Whether a processor has been given the turn and has it still. */
  get isGiven(): boolean {
    const { preferred } = this;
    return preferred !== null && !this.idle[preferred.index] && preferred.retired < this.until;
  }

  /** Whether another processor has been given the turn. */
  isPreempted(processor: Processor): boolean {
    return this.preferred !== null && this.preferred !== processor;
  }

  isIdle(processor: Processor): boolean {
    return this.idle[processor.index]!;
  }

  setIdle(processor: Processor): void {
    this.idle[processor.index] = true;
  }

  /** Something has come for this processor. */
  wake(processor: Processor): void {
    if (!this.idle[processor.index]) return;
    this.idle[processor.index] = false;
    processor.retired = Math.max(processor.retired, this.now());
  }

  isLastActive(processor: Processor): boolean {
    return this.idle.every((idle, at) => idle || at === processor.index);
  }

  /** Whether no interrupt could wake any of them: all halted with interrupts off, or waiting for a start-up IPI that nobody can send. */
  allDeaf(): boolean {
    return this.processors.every(({ s }) => {
      if (s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST) return false;
      return s[STATE.ACTIVITY] !== HALTED || (s[STATE.FLAG_SYSTEM]! & FLAG_INTERRUPTS) === 0;
    });
  }

  /** Tick of the next thing that happens by itself: a device's deadline, a timer of any local APIC, or what wakes a waiting processor. */
  deadline(devices: number): number {
    let earliest = devices;
    for (const processor of this.processors)
      earliest = Math.min(earliest, processor.apic.deadline, this.ownWake(processor));
    return earliest;
  }

  /** When the virtualization extension of a processor that waits ends that. */
  ownWake({ index, extension }: Processor): number {
    return this.idle[index] ? (extension?.wakesAt?.() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  }

  /** Lets the timers of all local APICs act. */
  advanceTimers(time: number): void {
    for (const processor of this.processors) {
      if (this.ownWake(processor) <= time) this.wake(processor);
      if (processor.apic.deadline > time) continue;
      processor.apic.advanceTo(time);
      this.wake(processor);
    }
  }

  save(): SavedTurns {
    const { idle, time, last, preferred, until } = this;
    return { idle: [...idle], time, last: last.index, preferred: preferred?.index ?? null, until };
  }

  restore({ idle, time, last, preferred, until }: SavedTurns): void {
    this.idle.splice(0, this.idle.length, ...idle);
    this.time = time;
    this.until = until;
    this.last = this.processors[last]!;
    this.preferred = preferred === null ? null : this.processors[preferred]!;
  }
}
