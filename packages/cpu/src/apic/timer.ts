import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { storedMsr } from "../system/msr-storage.ts";
import * as R from "./registers.ts";

/*
 * The local APIC's timer (SDM 3A "APIC Timer"). Its input clock runs at one count for each tick of the time-stamp counter.
 */

const NEVER = Number.POSITIVE_INFINITY;

function mode(c: Processor): number {
  return (c.s[R.LVT_TIMER]! >>> R.TIMER_MODE_SHIFT) & 3;
}

/** Ticks for one count: 2 to 128, or 1. */
export function divisor(c: Processor): number {
  const value = c.s[R.DIVIDE]!;
  const code = (value & 3) | ((value >>> 1) & 4);
  return 1 << ((code + 1) & 7);
}

/** The tick at which the timer acts next. */
export function setExpiry(c: Processor, tick: number): void {
  c.f64[R.TIMER_EXPIRY / 2] = tick;
  c.apic.fabric?.deadlineChanged(tick);
}

/** Tick at which the timer acts next; infinity when it does not. */
export function timerExpiry(c: Processor): number {
  return c.f64[R.TIMER_EXPIRY / 2]!;
}

/** A write of the initial-count register starts the timer anew, and stops it with 0. Ignored in TSC-deadline mode. */
export function startTimer(c: Processor, count: number, now: number): void {
  if (mode(c) === R.TIMER_TSC_DEADLINE) return;
  c.s[R.INITIAL_COUNT] = count;
  c.f64[R.TIMER_START / 2] = now;
  setExpiry(c, count === 0 ? NEVER : now + (count >>> 0) * divisor(c));
}

/** What the current-count register shows. */
export function currentCount(c: Processor, now: number): number {
  const initial = c.s[R.INITIAL_COUNT]! >>> 0;
  if (initial === 0 || mode(c) === R.TIMER_TSC_DEADLINE || timerExpiry(c) === NEVER) return 0;
  const left = Math.ceil((timerExpiry(c) - now) / divisor(c));
  return Math.max(0, Math.min(initial, left));
}

/** A new divisor changes what is left of the running count. */
export function setDivide(c: Processor, value: number, now: number): void {
  const left = currentCount(c, now);
  c.s[R.DIVIDE] = value & 0xb;
  if (left > 0) setExpiry(c, now + left * divisor(c));
}

/** A change of timer mode to or from TSC-deadline disarms it. */
export function setTimerEntry(c: Processor, value: number): void {
  const before = mode(c);
  c.s[R.LVT_TIMER] = value;
  if ((before === R.TIMER_TSC_DEADLINE) === (mode(c) === R.TIMER_TSC_DEADLINE)) return;
  c.s[R.INITIAL_COUNT] = 0;
  c.set64(R.TSC_DEADLINE, 0n);
  setExpiry(c, NEVER);
}

/** IA32_TSC_DEADLINE: zero disarms; writes in another mode are ignored. */
export function armDeadline(c: Processor, value: bigint): void {
  if (mode(c) !== R.TIMER_TSC_DEADLINE) return;
  c.set64(R.TSC_DEADLINE, value);
  setExpiry(c, value === 0n ? NEVER : deadlineTick(c, value));
}

/** The tick at which the time-stamp counter reaches the value: it also counts IA32_TSC_ADJUST. */
function deadlineTick(c: Processor, value: bigint): number {
  return Number(BigInt.asIntN(64, value - storedMsr(c, MSRS.IA32_TSC_ADJUST.address)));
}

/** The time-stamp counter has been set: an armed deadline lies elsewhere now. */
export function rearmDeadline(c: Processor): void {
  const value = c.get64(R.TSC_DEADLINE);
  if (value !== 0n) setExpiry(c, deadlineTick(c, value));
}

/** Whether the timer has fired by now; it is set up for its next time. */
export function takeExpiry(c: Processor, now: number): boolean {
  const expiry = timerExpiry(c);
  if (expiry > now) return false;
  if (mode(c) === R.TIMER_PERIODIC) {
    const period = (c.s[R.INITIAL_COUNT]! >>> 0) * divisor(c);
    // Ticks that nobody could see between then and now are one.
    setExpiry(c, expiry + period * (Math.floor((now - expiry) / period) + 1));
  } else {
    c.set64(R.TSC_DEADLINE, 0n);
    setExpiry(c, NEVER);
  }
  return true;
}

export function resetTimer(c: Processor): void {
  setExpiry(c, NEVER);
}
