import { clockAt, tickOfClock } from "../time.ts";
import type { TimedDevice } from "./device.ts";
import {
  type Counter,
  createCounter,
  nextRise,
  readCount,
  readOut,
  setGate,
  setMode,
  writeByte,
} from "./pit-counter.ts";

const HERTZ = 1_193_182;
const CONTROL = 0x43;
const PORT_B = 0x61;
/** Clocks between two refresh cycles, as counter 1 of a PC is programmed. */
const REFRESH_PERIOD = 18;

/** What the timer is wired to. */
export interface PitWires {
  /** Guest time in ticks. */
  now(): number;
  /** OUT of counter 0. */
  output(high: boolean): void;
  /** Whether anybody would notice a rising edge of it. */
  isHeard(): boolean;
}

/** The 8254 timer and port 0x61: counter 0 raises IRQ 0, counter 2 has its gate and its output in port 0x61. */
export class Pit8254 implements TimedDevice {
  readonly ports = [
    [0x40, 0x43],
    [PORT_B, PORT_B],
  ] as const;
  readonly state = {
    counters: [createCounter(true), createCounter(true), createCounter(false)],
    /** Tick of the next rising edge of counter 0's output. */
    nextRise: Number.POSITIVE_INFINITY,
    port61: 0,
  };
  private readonly wires: PitWires;

  constructor(wires: PitWires) {
    this.wires = wires;
  }

  get due(): number {
    return this.state.nextRise;
  }

  get deadline(): number {
    return this.wires.isHeard() ? this.state.nextRise : Number.POSITIVE_INFINITY;
  }

  /** However many periods have passed unheard, they are one edge. */
  advanceTo(time: number): void {
    if (time < this.state.nextRise) return;
    this.wires.output(false);
    this.wires.output(true);
    this.schedule(clockAt(time, HERTZ));
  }

  private schedule(clock: number): void {
    const rise = nextRise(this.state.counters[0]!, clock);
    this.state.nextRise = rise === Number.POSITIVE_INFINITY ? rise : tickOfClock(rise, HERTZ);
  }

  private get clock(): number {
    return clockAt(this.wires.now(), HERTZ);
  }

  read(port: number): number {
    if (port === PORT_B) return this.readPortB();
    if (port === CONTROL) return 0xff;
    const counter = this.state.counters[port - 0x40]!;
    if (counter.status >= 0) {
      const status = counter.status;
      counter.status = -1;
      return status;
    }
    const value = counter.latched >= 0 ? counter.latched : readCount(counter, this.clock);
    const high = counter.access === 2 || (counter.access === 3 && counter.readHigh);
    if (counter.access === 3) counter.readHigh = !counter.readHigh;
    if (high || counter.access !== 3) counter.latched = -1;
    return high ? value >>> 8 : value & 0xff;
  }

  private readPortB(): number {
    const { counters, port61 } = this.state;
    const clock = this.clock;
    const refresh = Math.floor(clock / REFRESH_PERIOD) & 1;
    return port61 | (refresh << 4) | (readOut(counters[2]!, clock) ? 0x20 : 0);
  }

  write(port: number, _size: number, value: number): void {
    const clock = this.clock;
    if (port === PORT_B) {
      this.state.port61 = value & 0x0f;
      setGate(this.state.counters[2]!, (value & 1) !== 0, clock);
    } else if (port === CONTROL) this.control(value, clock);
    else this.writeCount(port - 0x40, value, clock);
  }

  private control(value: number, clock: number): void {
    const index = value >>> 6;
    if (index === 3) {
      this.readBack(value, clock);
      return;
    }
    const counter = this.state.counters[index]!;
    if ((value & 0x30) === 0) {
      this.latchCount(counter, clock);
      return;
    }
    setMode(counter, value);
    if (index !== 0) return;
    this.state.nextRise = Number.POSITIVE_INFINITY;
    if (counter.mode === 0) this.wires.output(false);
  }

  private latchCount(counter: Counter, clock: number): void {
    if (counter.latched < 0) counter.latched = readCount(counter, clock);
  }

  /** The read-back command latches counts, status, or both, of any of the counters. */
  private readBack(value: number, clock: number): void {
    this.state.counters.forEach((counter, index) => {
      if ((value & (2 << index)) === 0) return;
      if ((value & 0x20) === 0) this.latchCount(counter, clock);
      if ((value & 0x10) === 0 && counter.status < 0) counter.status = this.statusOf(counter, clock);
    });
  }

  private statusOf(counter: Counter, clock: number): number {
    const output = readOut(counter, clock) ? 0x80 : 0;
    const nullCount = counter.startedAt < 0 || counter.next !== 0 ? 0x40 : 0;
    return output | nullCount | (counter.access << 4) | (counter.mode << 1) | (counter.bcd ? 1 : 0);
  }

  private writeCount(index: number, value: number, clock: number): void {
    const counter = this.state.counters[index]!;
    const complete = writeByte(counter, value, clock);
    if (index !== 0) return;
    if (counter.mode === 0) this.wires.output(false);
    if (complete) this.schedule(clock);
    else if (counter.mode === 0) this.state.nextRise = Number.POSITIVE_INFINITY;
  }
}
