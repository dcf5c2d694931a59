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

  /** @param limit number of events after which the run ends */
  constructor(limit: number) {
    this.limit = limit;
  }

  add(event: TraceEvent): void {
    if (this.events.length >= this.limit) throw new TraceFull();
    this.events.push(event);
  }

  /**
   * A sink for one processor. On metal, root mode is L1 and non-root mode L2. Under a client the client says which level runs, and silicon's
   * own VM entries and exits are L0's business, which no guest sees.
   */
  sinkFor(processor: Processor, metal: boolean): TraceSink {
    const level = metal ? () => (processor.s[STATE.VIRTUALIZATION_MODE] === NON_ROOT ? 2 : 1) : () => processor.s[STATE.TRACE_LEVEL]!;
    return {
      event: (kind, data) => {
        if (!metal && L0_KINDS.has(kind)) return;
        this.add({ vcpu: processor.index, level: level(), time: processor.retired, kind, data });
      },
    };
  }
}

const NON_ROOT = 2;
const L0_KINDS = new Set(["vmx", "vmread", "vmwrite", "vmentry", "vmexit", "check"]);
