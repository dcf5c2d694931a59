import type { OfferedMsrs } from "../offered-msrs.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { referenceTime, TICKS_PER_UNIT } from "./reference-time.ts";
import { deliverMessage, isSlotTaken, raiseVector } from "./synic.ts";
import { type SyntheticTimerState, TIMERS } from "./synic-state.ts";

/*
 * Synthetic timers: four of each virtual processor, which send a message or ask for an interrupt (Hypervisor Top-Level Functional
 * Specification, "Timers").
 */

const FIRST = 0x4000_00b0;
const ENABLE = 1n;
const PERIODIC = 1n << 1n;
const AUTO_ENABLE = 1n << 3n;
const DIRECT = 1n << 12n;
const TIMER_EXPIRED = 0x8000_0010;
const PAYLOAD_BYTES = 24;

function is({ config }: SyntheticTimerState, flag: bigint): boolean {
  return (config & flag) !== 0n;
}

function sintOf({ config }: SyntheticTimerState): number {
  return Number((config >> 16n) & 0xfn);
}

function bytesOf(...words: readonly number[]): number[] {
  return words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));
}

function halves(value: number): [low: number, high: number] {
  return [value >>> 0, Math.floor(value / 2 ** 32)];
}

/** Header, timer index, when it expired, when that is told. */
function messageOf(index: number, expired: number, now: number): number[] {
  return bytesOf(TIMER_EXPIRED, PAYLOAD_BYTES, 0, 0, index, 0, ...halves(expired), ...halves(now));
}

/** A periodic timer that finds the slot taken leaves it at that; a one-shot one waits for it. */
function isTold(vcpu: VmxVcpu, timer: SyntheticTimerState, index: number, now: number): boolean {
  if (is(timer, DIRECT)) {
    raiseVector(vcpu, Number((timer.config >> 4n) & 0xffn));
    return true;
  }
  const sint = sintOf(timer);
  if (is(timer, PERIODIC) && isSlotTaken(vcpu, sint)) return true;
  return deliverMessage(vcpu, sint, messageOf(index, timer.expires, now)) === "delivered";
}

function expire(vcpu: VmxVcpu, index: number, now: number): void {
  const timer = vcpu.state.enlightened.synic.timers[index]!;
  timer.pending = !isTold(vcpu, timer, index, now);
  if (timer.pending) return;
  if (is(timer, PERIODIC)) {
    const count = Number(timer.count);
    timer.expires = now + count - ((now - timer.expires) % count);
    return;
  }
  timer.config &= ~ENABLE;
  timer.expires = 0;
}

function start(vcpu: VmxVcpu, index: number): void {
  const timer = vcpu.state.enlightened.synic.timers[index]!;
  if (!is(timer, ENABLE) || timer.count === 0n) return;
  const now = referenceTime(vcpu);
  timer.expires = is(timer, PERIODIC) ? now + Number(timer.count) : Number(timer.count);
  if (timer.expires <= now) expire(vcpu, index, now);
}

function stop(timer: SyntheticTimerState): void {
  timer.expires = 0;
  timer.pending = false;
}

/** When a timer of this virtual processor acts next, in ticks. */
export function timerDeadline({ state }: VmxVcpu): number {
  let next = Number.POSITIVE_INFINITY;
  for (const timer of state.enlightened.synic.timers)
    if (timer.expires > 0 && !timer.pending && is(timer, ENABLE)) next = Math.min(next, timer.expires * TICKS_PER_UNIT);
  return next;
}

/** Lets timers act on the time that has passed. */
export function advanceTimers(vcpu: VmxVcpu, time: number): void {
  if (timerDeadline(vcpu) > time) return;
  const now = Math.floor(time / TICKS_PER_UNIT);
  vcpu.state.enlightened.synic.timers.forEach((timer, index) => {
    if (timer.expires > 0 && !timer.pending && is(timer, ENABLE) && timer.expires <= now) expire(vcpu, index, now);
  });
}

/** The guest has ended a message of this source: what waits for its slot is sent. */
export function timersAfterMessage(vcpu: VmxVcpu, sint: number): void {
  vcpu.state.enlightened.synic.timers.forEach((timer, index) => {
    if (timer.pending && is(timer, ENABLE) && !is(timer, DIRECT) && sintOf(timer) === sint)
      expire(vcpu, index, referenceTime(vcpu));
  });
}

function read(vcpu: VmxVcpu, msr: number): bigint | null {
  if (!vcpu.l0.options.policy.enlightened.timers || msr < FIRST || msr >= FIRST + 2 * TIMERS) return null;
  const timer = vcpu.state.enlightened.synic.timers[(msr - FIRST) >> 1]!;
  return (msr & 1) === 0 ? timer.config : timer.count;
}

function configure(timer: SyntheticTimerState, config: bigint): void {
  const wasEnabled = is(timer, ENABLE);
  timer.config = config;
  // Source 0 sends no messages.
  if (wasEnabled && !is(timer, DIRECT) && sintOf(timer) === 0) timer.config &= ~ENABLE;
}

function setCount(timer: SyntheticTimerState, count: bigint): void {
  timer.count = count;
  if (count === 0n) timer.config &= ~ENABLE;
  else if (is(timer, AUTO_ENABLE)) timer.config |= ENABLE;
}

function write(vcpu: VmxVcpu, msr: number, value: bigint): boolean {
  const index = (msr - FIRST) >> 1;
  const timer = vcpu.state.enlightened.synic.timers[index]!;
  stop(timer);
  if ((msr & 1) === 0) configure(timer, value);
  else setCount(timer, value);
  start(vcpu, index);
  return true;
}

export const TIMER_MSRS: OfferedMsrs = { read, write };
