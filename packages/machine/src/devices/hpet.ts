import type { MmioHandler } from "@hvdiff/cpu";
import { TICKS_PER_MICROSECOND } from "../time.ts";
import { type MmioRange, readLanes, writeLanes } from "./device.ts";

/** Physical address of the registers. */
export const HPET_BASE = 0xfed00000;

/** Vendor, legacy replacement route, 64-bit counter, three timers, revision 1 (IA-PC HPET "General Capabilities and ID Register"). */
export const HPET_CAPABILITIES = 0x8086_a201;
/** The counter counts ticks; the period is in femtoseconds. */
const PERIOD_FS = 1_000_000_000 / TICKS_PER_MICROSECOND;

const TIMERS = 3;
/** Inputs of the I/O APIC that a timer may be routed to: 2, 8 and 16-23. */
const ROUTES = 0x00ff0104;

const ENABLE = 1;
const LEGACY = 2;

const LEVEL = 1 << 1;
const INTERRUPT = 1 << 2;
const PERIODIC = 1 << 3;
const CAN_BE_PERIODIC = 1 << 4;
const IS_64_BIT = 1 << 5;
const VALUE_SET = 1 << 6;
const FORCE_32_BIT = 1 << 8;
const WRITABLE = 0x3f4e;

interface Timer {
  config: number;
  comparator: bigint;
  period: bigint;
  /** Tick of the next match; infinity while the counter stands. */
  matchAt: number;
  /** The low half of the comparator was just written with `VALUE_SET`; the high half goes the same way. */
  highFollows: boolean;
}

function createTimer(): Timer {
  return {
    config: CAN_BE_PERIODIC | IS_64_BIT,
    comparator: 0xffffffffffffffffn,
    period: 0n,
    matchAt: Number.POSITIVE_INFINITY,
    highFollows: false,
  };
}

/** What the HPET is wired to. */
export interface HpetWires {
  /** Guest time in ticks. */
  now(): number;
  /** Drives an interrupt line. */
  setLine(line: number, asserted: boolean): void;
}

function withHalf(value: bigint, high: boolean, half: number): bigint {
  return high ? (value & 0xffffffffn) | (BigInt(half) << 32n) : (value & 0xffffffff00000000n) | BigInt(half);
}

/** The high precision event timer: a 64-bit counter and three comparators, with legacy replacement. */
export class Hpet implements MmioHandler {
  readonly state = {
    config: 0,
    status: 0,
    /** The counter's value at tick `since`. */
    counter: 0n,
    since: 0,
    timers: Array.from({ length: TIMERS }, createTimer),
  };
  readonly range: MmioRange = { base: HPET_BASE, size: 4096, handler: this };
  private readonly wires: HpetWires;

  constructor(wires: HpetWires) {
    this.wires = wires;
  }

  /** Whether timers 0 and 1 have taken the lines of the 8254 and the RTC. */
  get legacy(): boolean {
    return (this.state.config & (LEGACY | ENABLE)) === (LEGACY | ENABLE);
  }

  private get enabled(): boolean {
    return (this.state.config & ENABLE) !== 0;
  }

  get deadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const timer of this.state.timers) if ((timer.config & INTERRUPT) !== 0) next = Math.min(next, timer.matchAt);
    return next;
  }

  advanceTo(time: number): void {
    if (time >= this.deadline) this.catchUp(time);
  }

  private catchUp(time: number): void {
    this.state.timers.forEach((timer, index) => {
      if (time >= timer.matchAt) this.match(timer, index, time);
    });
  }

  /** Processors that are behind the one that set the counter do not see it go back. */
  private counterAt(time: number): bigint {
    const { counter, since } = this.state;
    return this.enabled ? BigInt.asUintN(64, counter + BigInt(Math.max(time - since, 0))) : counter;
  }

  private match(timer: Timer, index: number, time: number): void {
    if ((timer.config & PERIODIC) !== 0 && timer.period !== 0n) {
      const missed = BigInt(time - timer.matchAt) / timer.period;
      timer.comparator = BigInt.asUintN(this.widthOf(timer), timer.comparator + (missed + 1n) * timer.period);
    }
    this.schedule(timer, time);
    if ((timer.config & INTERRUPT) !== 0) this.interrupt(timer, index);
  }

  private widthOf(timer: Timer): 32 | 64 {
    return (timer.config & FORCE_32_BIT) !== 0 ? 32 : 64;
  }

  /** Finds the tick of the first match after `time`. */
  private schedule(timer: Timer, time: number): void {
    if (!this.enabled) {
      timer.matchAt = Number.POSITIVE_INFINITY;
      return;
    }
    const width = this.widthOf(timer);
    const ahead = BigInt.asUintN(width, timer.comparator - this.counterAt(time));
    timer.matchAt = time + Number(ahead === 0n ? 1n << BigInt(width) : ahead);
  }

  private lineOf(timer: Timer, index: number): number {
    if (this.legacy && index < 2) return index === 0 ? 0 : 8;
    return (timer.config >>> 9) & 31;
  }

  private interrupt(timer: Timer, index: number): void {
    const level = (timer.config & LEVEL) !== 0;
    if (level) this.state.status |= 1 << index;
    else this.drive(timer, index, false);
    this.drive(timer, index, true);
  }

  private drive(timer: Timer, index: number, asserted: boolean): void {
    const line = this.lineOf(timer, index);
    if ((this.legacy && index < 2) || ((ROUTES >>> line) & 1) !== 0) this.wires.setLine(line, asserted);
  }

  read(offset: number, size: number): number {
    this.catchUp(this.wires.now());
    const value = this.registerAt(offset & ~7);
    return readLanes(Number(BigInt.asUintN(32, (offset & 4) !== 0 ? value >> 32n : value)), offset, size);
  }

  private registerAt(offset: number): bigint {
    const { state } = this;
    switch (offset) {
      case 0x00:
        return (BigInt(PERIOD_FS) << 32n) | BigInt(HPET_CAPABILITIES);
      case 0x10:
        return BigInt(state.config);
      case 0x20:
        return BigInt(state.status);
      case 0xf0:
        return this.counterAt(this.wires.now());
      default:
        return this.timerRegister(offset);
    }
  }

  private timerRegister(offset: number): bigint {
    const timer = this.timerAt(offset);
    if (timer === undefined) return 0n;
    const register = offset & 0x18;
    if (register === 0) return (BigInt(ROUTES) << 32n) | BigInt(timer.config);
    return register === 8 ? timer.comparator : 0n;
  }

  private timerAt(offset: number): Timer | undefined {
    return offset < 0x100 ? undefined : this.state.timers[(offset - 0x100) >> 5];
  }

  write(offset: number, size: number, value: number): void {
    const now = this.wires.now();
    this.catchUp(now);
    const high = (offset & 4) !== 0;
    const old = this.registerAt(offset & ~7);
    const half = writeLanes(Number(BigInt.asUintN(32, high ? old >> 32n : old)), offset, size, value);
    const register = offset & ~7;
    if (register === 0xf0) this.setCounter(withHalf(old, high, half), now);
    else if (register >= 0x100) this.writeTimer(register, high, half, now);
    else if (register === 0x10 && !high) this.configure(half & (ENABLE | LEGACY), now);
    else if (register === 0x20 && !high) this.clearStatus(half);
  }

  private setCounter(value: bigint, now: number): void {
    this.state.counter = value;
    this.state.since = now;
    for (const timer of this.state.timers) this.schedule(timer, now);
  }

  private configure(config: number, now: number): void {
    const counter = this.counterAt(now);
    this.state.config = config;
    this.setCounter(counter, now);
  }

  private clearStatus(mask: number): void {
    const cleared = this.state.status & mask;
    this.state.status &= ~mask;
    this.state.timers.forEach((timer, index) => {
      if ((cleared & (1 << index)) !== 0) this.drive(timer, index, false);
    });
  }

  private writeTimer(register: number, high: boolean, half: number, now: number): void {
    const timer = this.timerAt(register);
    if (timer === undefined) return;
    const part = register & 0x18;
    if (part === 0 && !high) timer.config = (timer.config & ~WRITABLE) | (half & WRITABLE);
    else if (part === 8) this.writeComparator(timer, high, half);
    this.schedule(timer, now);
  }

  /** In periodic mode a write sets the period, and the next match too if `VALUE_SET` says so. */
  private writeComparator(timer: Timer, high: boolean, half: number): void {
    const periodic = (timer.config & PERIODIC) !== 0;
    const valueSet = (timer.config & VALUE_SET) !== 0 || (high && timer.highFollows);
    if (!periodic || valueSet) timer.comparator = withHalf(timer.comparator, high, half);
    if (periodic) timer.period = withHalf(timer.period, high, half);
    if (this.widthOf(timer) === 32) {
      timer.comparator &= 0xffffffffn;
      timer.period &= 0xffffffffn;
    }
    timer.highFollows = !high && valueSet;
    timer.config &= ~VALUE_SET;
  }
}
