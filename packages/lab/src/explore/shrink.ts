import { type Deviation, type Machine, restoreSnapshot, type Schedule, takeSnapshot } from "@hvdiff/machine";

/** A machine at the start of its run, and what must hold at the end. */
export interface Replays {
  readonly machine: Machine;
  holds(ended: Machine): boolean;
}

/** Runs a schedule from the start; the machine is at the start again afterwards. */
export function replay({ machine, holds }: Replays, schedule: Schedule): boolean {
  const start = takeSnapshot(machine);
  machine.choices.plan(schedule);
  machine.run();
  const held = holds(machine);
  machine.choices.plan([]);
  restoreSnapshot(machine, start);
  return held;
}

/** How much earlier is tried first. */
const FARTHEST = 4096;

/** The schedule with the fewest deviations that still breaks the property, and where they were chosen by chance an early one. */
export function shrink(replays: Replays, found: Schedule, byChance: boolean): Schedule {
  let schedule = found;
  for (let at = 0; at < schedule.length; ) {
    const fewer = [...schedule.slice(0, at), ...schedule.slice(at + 1)];
    if (!replay(replays, fewer)) schedule = fewer;
    else at++;
  }
  return byChance ? schedule.map((_, at) => at).reduce((kept, at) => earliest(replays, kept, at), schedule) : schedule;
}

/** Moves one deviation to an earlier moment that does as well: by as much as it goes, then by half of that, and so on. */
function earliest(replays: Replays, found: Schedule, at: number): Schedule {
  let schedule = found;
  for (let distance = FARTHEST; distance >= 1; ) {
    const { event, at: point } = schedule[at]!;
    const moved: Deviation = { event, at: { ...point, tick: point.tick - distance, step: 0 } };
    const tried = schedule.map((kept, index) => (index === at ? moved : kept));
    if (moved.at.tick >= 0 && !replay(replays, tried)) schedule = tried;
    else distance >>= 1;
  }
  return schedule;
}
