import { clockAt, TICKS_PER_MICROSECOND, TICKS_PER_SECOND, tickOfClock } from "../time.ts";
import type { TimedDevice } from "./device.ts";
import { countSecond, isAlarmTime, RTC, secondsToAlarm } from "./rtc-clock.ts";

const INDEX_PORT = 0x70;
const MEMORY_BYTES = 128;
const HERTZ = 32_768;

const UPDATE_IN_PROGRESS = 0x80;
const SET = 0x80;
const PERIODIC = 0x40;
const ALARM = 0x20;
const UPDATE_ENDED = 0x10;
const ANY_INTERRUPT = 0x80;
const DIVIDER_RUNS = 0x20;
const VALID = 0x80;
/** How long the update-in-progress bit warns before the registers change. */
const UPDATE_WARNING = 244 * TICKS_PER_MICROSECOND;

/** What the RTC is wired to. */
export interface RtcWires {
  /** Guest time in ticks. */
  now(): number;
  interrupt(asserted: boolean): void;
}

/** The clock at the start of every run: Monday, 1 January 2024, midnight, in BCD and 24 hours. */
function initialMemory(): number[] {
  const memory = new Array<number>(MEMORY_BYTES).fill(0);
  memory[RTC.dayOfWeek] = 2;
  memory[RTC.day] = 0x01;
  memory[RTC.month] = 0x01;
  memory[RTC.year] = 0x24;
  memory[RTC.century] = 0x20;
  memory[RTC.registerA] = 0x26;
  memory[RTC.registerB] = 0x02;
  memory[RTC.registerD] = VALID;
  return memory;
}

/** The MC146818 real-time clock with its CMOS memory. Time that passes unobserved is counted when somebody looks. */
export class RtcMc146818 implements TimedDevice {
  readonly ports = [[INDEX_PORT, INDEX_PORT + 1]] as const;
  readonly state = {
    index: 0,
    memory: initialMemory(),
    /** Tick at which the running second began. */
    secondStart: 0,
    /** Tick at which the divider was started, and of the next period of the periodic interrupt. */
    dividerStart: 0,
    periodAt: 0,
    /** Tick of the alarm; negative: to be found out. */
    alarmAt: -1,
  };
  private readonly wires: RtcWires;

  constructor(wires: RtcWires) {
    this.wires = wires;
    this.schedulePeriod(0);
  }

  private register(index: number): number {
    return this.state.memory[index]!;
  }

  private get running(): boolean {
    return (this.register(RTC.registerA) & 0x70) === DIVIDER_RUNS;
  }

  private get counting(): boolean {
    return this.running && (this.register(RTC.registerB) & SET) === 0;
  }

  /** Finds the end of the first period of the periodic interrupt behind `time`; infinity if it is off. */
  private schedulePeriod(time: number): void {
    const { state } = this;
    const rate = this.register(RTC.registerA) & 15;
    state.periodAt = Number.POSITIVE_INFINITY;
    if (rate === 0 || !this.running) return;
    const clocks = 1 << ((rate < 3 ? rate + 7 : rate) - 1);
    const periods = Math.floor(clockAt(time - state.dividerStart, HERTZ) / clocks) + 1;
    state.periodAt = state.dividerStart + tickOfClock(periods * clocks, HERTZ);
  }

  /** RESET#: no interrupts; the clock and the memory have a battery. */
  reset(): void {
    this.state.memory[RTC.registerB]! &= ~(PERIODIC | ALARM | UPDATE_ENDED);
    this.state.memory[RTC.registerC] = 0;
  }

  get deadline(): number {
    const enabled = this.register(RTC.registerB);
    const asserted = (this.register(RTC.registerC) & ANY_INTERRUPT) !== 0;
    if (asserted || (enabled & (PERIODIC | ALARM | UPDATE_ENDED)) === 0) return Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    if ((enabled & PERIODIC) !== 0) next = this.state.periodAt;
    if (!this.counting) return next;
    if ((enabled & UPDATE_ENDED) !== 0) next = Math.min(next, this.state.secondStart + TICKS_PER_SECOND);
    return (enabled & ALARM) !== 0 ? Math.min(next, this.nextAlarm) : next;
  }

  private get nextAlarm(): number {
    const { state } = this;
    if (state.alarmAt < 0) state.alarmAt = state.secondStart + secondsToAlarm(state.memory) * TICKS_PER_SECOND;
    return state.alarmAt;
  }

  advanceTo(time: number): void {
    if (time >= this.deadline) this.catchUp(time);
  }

  private catchUp(time: number): void {
    const before = this.register(RTC.registerC);
    const flags = before | this.countPeriods(time) | this.countSeconds(time);
    if (flags !== before) this.setFlags(flags);
  }

  private countPeriods(time: number): number {
    if (time < this.state.periodAt) return 0;
    this.schedulePeriod(time);
    return PERIODIC;
  }

  private countSeconds(time: number): number {
    const { state } = this;
    if (time < state.secondStart + TICKS_PER_SECOND) return 0;
    const seconds = Math.floor((time - state.secondStart) / TICKS_PER_SECOND);
    state.secondStart += seconds * TICKS_PER_SECOND;
    if (!this.counting) return 0;
    let flags = UPDATE_ENDED;
    for (let second = 0; second < seconds; second++) {
      countSecond(state.memory);
      if (isAlarmTime(state.memory)) flags |= ALARM;
    }
    if ((flags & ALARM) !== 0) state.alarmAt = -1;
    return flags;
  }

  private setFlags(flags: number): void {
    const { memory } = this.state;
    const enabled = memory[RTC.registerB]! & flags & (PERIODIC | ALARM | UPDATE_ENDED);
    const pending = enabled !== 0 ? ANY_INTERRUPT : 0;
    memory[RTC.registerC] = (flags & ~ANY_INTERRUPT) | pending;
    this.wires.interrupt(pending !== 0);
  }

  read(port: number): number {
    if (port === INDEX_PORT) return 0xff;
    const { index, memory } = this.state;
    const now = this.wires.now();
    this.catchUp(now);
    const value = memory[index]!;
    if (index === RTC.registerA) return value | this.updateInProgress(now);
    if (index === RTC.registerC) this.setFlags(0);
    return value;
  }

  private updateInProgress(now: number): number {
    const soon = now >= this.state.secondStart + TICKS_PER_SECOND - UPDATE_WARNING;
    return soon && this.counting ? UPDATE_IN_PROGRESS : 0;
  }

  write(port: number, _size: number, value: number): void {
    if (port === INDEX_PORT) {
      this.state.index = value & 0x7f;
      return;
    }
    this.catchUp(this.wires.now());
    this.store(this.state.index, value);
  }

  private store(index: number, value: number): void {
    const { state } = this;
    if (index === RTC.registerC || index === RTC.registerD) return;
    if (index === RTC.registerA) this.setDivider(value & ~UPDATE_IN_PROGRESS);
    else state.memory[index] = index === RTC.registerB && (value & SET) !== 0 ? value & ~UPDATE_ENDED : value;
    state.alarmAt = -1;
    if (index === RTC.registerB) this.setFlags(this.register(RTC.registerC));
  }

  /** Starting the divider chain puts the first update half a second away. */
  private setDivider(value: number): void {
    const { state } = this;
    const ran = this.running;
    state.memory[RTC.registerA] = value;
    const now = this.wires.now();
    if (!ran && this.running) {
      state.secondStart = now - TICKS_PER_SECOND / 2;
      state.dividerStart = now;
    }
    this.schedulePeriod(now);
  }

  /** Puts bytes into the CMOS memory, as firmware or the chip set does. */
  setMemory(bytes: Readonly<Record<number, number>>): void {
    for (const [index, value] of Object.entries(bytes)) this.state.memory[Number(index)] = value;
    this.state.alarmAt = -1;
  }
}
