import { type Processor, STATE } from "@hvdiff/cpu";

const MODE_GUEST = 2;
const HALTED = 1;
const FLAG_INTERRUPTS = 1 << 9;

/** Whose turn it was. */
export interface SavedTurns {
  readonly idle: readonly boolean[];
  readonly time: number;
  readonly last: number;
  readonly preferred: number | null;
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
  /** The one that has the next turn, whatever the times are. */
  preferred: Processor | null = null;
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
    this.preferred = null;
    if (found !== null) this.last = found;
    return found;
  }

  /** Whose turn comes next; nothing changes by asking. */
  upcoming(): Processor | null {
    if (this.preferred !== null && !this.idle[this.preferred.index]) return this.preferred;
    let found: Processor | null = null;
    for (const processor of this.processors) {
      if (!this.idle[processor.index] && (found === null || processor.retired < found.retired)) found = processor;
    }
    return found;
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
    const { idle, time, last, preferred } = this;
    return { idle: [...idle], time, last: last.index, preferred: preferred?.index ?? null };
  }

  restore({ idle, time, last, preferred }: SavedTurns): void {
    this.idle.splice(0, this.idle.length, ...idle);
    this.time = time;
    this.last = this.processors[last]!;
    this.preferred = preferred === null ? null : this.processors[preferred]!;
  }
}
