import { runMachine } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const SCENARIO = { scenario: "halted-entry" };

/** What a stack of ideal hypervisors comes to. */
export interface StackFigures {
  /** VM exits that silicon made, a second. */
  readonly exitsPerSecond: number;
  /** Exits of silicon for each exit of the guest that the top hypervisor handled. */
  readonly exitsPerGuestExit: number;
}

function sum(counters: Readonly<Record<string, number>>, prefix: string): number {
  return Object.entries(counters).reduce(
    (total, [name, count]) => (name.startsWith(prefix) ? total + count : total),
    0,
  );
}

/** @param depth hypervisors on each other: 1 is a plain L0 */
export function stackFigures(depth: number): StackFigures {
  const session = new Session(guestImage(SCENARIO), {});
  const column = session.column(Array.from({ length: depth }, () => "ideal").join("//"));
  const machine = session.machine(column);
  const begin = performance.now();
  const { counters } = runMachine(machine);
  const seconds = (performance.now() - begin) / 1000;
  const ofSilicon = sum(counters, depth === 1 ? "exits." : "l0.exits.");
  const ofGuest = sum(counters, depth === 1 ? "exits." : `l${depth - 1}.exits.`);
  return { exitsPerSecond: ofSilicon / seconds, exitsPerGuestExit: ofSilicon / ofGuest };
}
