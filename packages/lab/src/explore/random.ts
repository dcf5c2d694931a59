import {
  type ChoicePoint,
  type Machine,
  restoreSnapshot,
  type Schedule,
  type ScheduledEvent,
  takeSnapshot,
} from "@hvdiff/machine";
import { type Replays, replay } from "./shrink.ts";

/** A small generator of numbers that look random: the same for the same seed everywhere. */
function generator(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The moments at which the steps of an undisturbed run begin, with the ticks that each step takes. */
function stretchesOf(machine: Machine): { readonly from: ChoicePoint; readonly ticks: number }[] {
  const start = takeSnapshot(machine);
  const stretches: { from: ChoicePoint; ticks: number }[] = [];
  for (let ended = false; !ended; ) {
    const processor = machine.turns.upcoming();
    const from = processor === null ? null : machine.choices.pointOf(processor);
    const ofGuest = processor !== null && machine.choices.runsGuest(processor);
    ended = machine.runChoicePoints(1);
    if (from !== null && processor !== null)
      stretches.push({ from, ticks: Math.max(1, ofGuest ? processor.retired - from.tick : 1) });
  }
  restoreSnapshot(machine, start);
  return stretches;
}

const DEFAULT_SCHEDULES = 1000;

interface RandomOptions {
  readonly seed: number;
  readonly schedules?: number;
  readonly bound?: number;
}

/** Tries schedules with `bound` deviations at random moments of an undisturbed run. */
export function randomSearch(
  replays: Replays,
  events: readonly ScheduledEvent[],
  { seed, schedules = DEFAULT_SCHEDULES, bound = 1 }: RandomOptions,
  progress: (counts: { tried: number; merged: number }) => void,
): { schedule: Schedule | null; exhaustive: false; counts: { tried: number; merged: number }; depth: number } {
  const random = generator(seed);
  const stretches = stretchesOf(replays.machine);
  const total = stretches.reduce((sum, { ticks }) => sum + ticks, 0);
  const pointAt = (place: number): ChoicePoint => {
    let left = place;
    for (const { from, ticks } of stretches) {
      if (left < ticks) return left === 0 ? from : { vcpu: from.vcpu, tick: from.tick + left, step: 0 };
      left -= ticks;
    }
    throw new Error("no such moment");
  };
  const counts = { tried: 0, merged: 0 };
  while (counts.tried < schedules) {
    const places = Array.from({ length: bound }, () => random(total)).sort((a, b) => a - b);
    const schedule = places.map((place) => ({ event: events[random(events.length)]!, at: pointAt(place) }));
    counts.tried++;
    if (counts.tried % 64 === 0) progress(counts);
    if (!replay(replays, schedule)) return { schedule, exhaustive: false, counts, depth: bound };
  }
  return { schedule: null, exhaustive: false, counts, depth: bound };
}
