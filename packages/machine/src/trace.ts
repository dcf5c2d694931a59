import { type Processor, STATE, type TraceSink } from "@hvdiff/cpu";

/** One recorded event. `data` is flat; 64-bit values are "0x…" strings. */
export interface TraceEvent {
  readonly vcpu: number;
  /** 0 for L0's own doings, 1 for L1, 2 for L2 … */
  readonly level: number;
  /** Guest time in ticks. */
  readonly time: number;
  readonly kind: string;
  readonly data: Readonly<Record<string, string | number | boolean>>;
}

/** Too many events: the machine turns this into an outcome. */
export class TraceFull extends Error {}

/** The one trace that all levels write to. */
export class Trace {
  readonly events: TraceEvent[] = [];
  readonly limit: number;
  /** Told of each event that is kept when it happens. It may look and touch nothing. */
  onlooker: ((event: TraceEvent) => void) | null = null;
  private readonly recording: boolean;
  private readonly from: number;
  /** The last event was not kept. */
  private leftOut = false;

  /**
   * @param limit number of events after which the run ends
   * @param recording false: events are not kept, and do not count
   * @param from the lowest level whose events are kept
   */
  constructor(limit: number, recording = true, from = 0) {
    this.limit = limit;
    this.recording = recording;
    this.from = from;
  }

  add(event: TraceEvent): void {
    if (!this.recording) return;
    this.leftOut = event.level < this.from;
    if (this.leftOut) return;
    if (this.events.length >= this.limit) throw new TraceFull();
    this.events.push(event);
    if (this.onlooker !== null) this.onlooker(event);
  }

  /** Takes back the last event but for what an L0 tells of itself, which must be of this kind: it was announced and did not happen. */
  retract(kind: string): void {
    if (!this.takeBack((event) => event.kind === kind)) throw new Error(`the last event is not ${kind}`);
  }

  /**
   * Takes back the last event but for what an L0 tells of itself, if it is like this: it will be told again.
   * @returns false if there is one and it is not like this
   */
  takeBack(isLike: (event: TraceEvent) => boolean): boolean {
    if (!this.recording || this.leftOut) return true;
    const at = this.events.findLastIndex(({ level }) => level > 0);
    const last = this.events[at];
    const found = last !== undefined && isLike(last);
    if (found) this.events.splice(at, 1);
    return found;
  }

  /**
   * A sink for one processor, which takes the level from its state. Under a root-mode client silicon's own VM entries and exits are L0's
   * business; silicon does not trace them then.
   */
  sinkFor(processor: Processor): TraceSink {
    return {
      event: (kind, data) =>
        this.add({
          vcpu: processor.index,
          level: processor.s[STATE.TRACE_LEVEL]!,
          time: processor.exactTime(),
          kind,
          data,
        }),
    };
  }
}
