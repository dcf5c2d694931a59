import { describeOutcome, type Machine, restoreSnapshot, takeSnapshot } from "@hvdiff/machine";
import { eventKey } from "../src/events.ts";
import { ReusedMemory } from "../src/reused-memory.ts";
import { guestImage, Session } from "../src/session.ts";

/** How far a run goes on before it is taken back. */
const AHEAD = 2;

const memory = new ReusedMemory();

function machineOf(scenario: string, column: string): Machine {
  const session = new Session(guestImage({ scenario }), {});
  const resolved = session.column(column);
  return session.machine(resolved, memory.take());
}

/** All that a run leaves behind. */
export interface Ended {
  readonly outcome: string;
  readonly events: readonly string[];
  readonly serial: string;
}

function ended(machine: Machine): Ended {
  return {
    outcome: describeOutcome(machine.run()),
    events: machine.trace.events.map((event) => `${event.time} ${eventKey(event)}`),
    serial: machine.guest.serial,
  };
}

/** A guest's run as it is, and one that was taken back at many choice points; at every single one without a bound. */
export function takenBack(
  scenario: string,
  column: string,
  mostSnapshots = Number.POSITIVE_INFINITY,
): { readonly undisturbed: Ended; readonly disturbed: Ended; readonly snapshots: number } {
  const machine = machineOf(scenario, column);
  const start = takeSnapshot(machine);
  const undisturbed = ended(machine);
  const stride = Math.max(1, Math.ceil(machine.choicePoints / mostSnapshots));
  restoreSnapshot(machine, start);
  let snapshots = 0;
  for (let done = false; !done; snapshots++) {
    const snapshot = takeSnapshot(machine);
    machine.runChoicePoints(stride * AHEAD);
    restoreSnapshot(machine, snapshot);
    done = machine.runChoicePoints(stride);
  }
  const disturbed = ended(machine);
  memory.giveBack(machine.memory);
  return { undisturbed, disturbed, snapshots };
}
