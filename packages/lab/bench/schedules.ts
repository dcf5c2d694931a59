import { type Machine, restoreSnapshot, takeSnapshot } from "@hvdiff/machine";
import { explore } from "../src/explore/explore.ts";
import { guestImage, Session } from "../src/session.ts";

const SCENARIO = { scenario: "cr4-loop" };
const COLUMN = "kvm@6.6+virtualbox-kvm@20240502";
const REPEATS = 2000;
/** A choice point in the middle of the run. */
const MIDDLE = 240;

function machine(): Machine {
  const session = new Session(guestImage(SCENARIO), {});
  const column = session.column(COLUMN);
  return session.machine(column);
}

/** Schedules a second of one core, over all with one signal. */
export function schedulesPerSecond(): number {
  const begin = performance.now();
  const { tried } = explore(SCENARIO, COLUMN, { events: ["signal"], bound: 1 });
  return (tried * 1000) / (performance.now() - begin);
}

/** Microseconds that a snapshot of a guest with 64 MiB takes, and taking the machine back to it. */
export function snapshotMicroseconds(): { readonly take: number; readonly restore: number } {
  const one = machine();
  one.runChoicePoints(MIDDLE);
  let snapshot = takeSnapshot(one);
  const begin = performance.now();
  for (let at = 0; at < REPEATS; at++) snapshot = takeSnapshot(one);
  const taken = performance.now();
  for (let at = 0; at < REPEATS; at++) restoreSnapshot(one, snapshot);
  const restored = performance.now();
  return { take: ((taken - begin) * 1000) / REPEATS, restore: ((restored - taken) * 1000) / REPEATS };
}
