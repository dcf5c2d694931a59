import { SCENARIOS } from "@hvdiff/guests";
import { describeOutcome, type Machine, restoreSnapshot, takeSnapshot } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { configurationOf } from "../src/configuration.ts";
import { eventKey } from "../src/events.ts";
import { ReusedMemory } from "../src/reused-memory.ts";
import { createMachine } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const COLUMNS = ["metal", "ideal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0"];

/** More than this many choice points are sampled evenly, so that the test stays short. */
const MOST_SNAPSHOTS = 8;
/** How far the run goes on before it is taken back. */
const AHEAD = 2;

/** One small run is taken back at every single choice point. */
const THOROUGH = "cr4-loop ideal";

const memory = new ReusedMemory();

function machineOf(scenario: string, column: string): Machine {
  const needsSvm = SCENARIOS.some(({ id, needs }) => id === scenario && needs.includes("svm"));
  const session = new Session(guestImage({ scenario }), needsSvm ? { cpu: "zen2" } : {});
  const resolved = session.column(column);
  const configuration = configurationOf(resolved, resolved.quirks, session.silicon);
  return createMachine(session.image, resolved, configuration, session.silicon, {
    ...session.settings,
    ...memory.take(),
  });
}

function ended(machine: Machine): { outcome: string; events: string[]; serial: string } {
  return {
    outcome: describeOutcome(machine.run()),
    events: machine.trace.events.map((event) => `${event.time} ${eventKey(event)}`),
    serial: machine.guest.serial,
  };
}

describe.each(SCENARIOS.map((scenario) => scenario.id))("%s", (scenario) => {
  test.each(COLUMNS)("taken back again and again, goes on as if nothing had been under %s", (column) => {
    const machine = machineOf(scenario, column);
    const start = takeSnapshot(machine);
    const expected = ended(machine);
    const stride =
      `${scenario} ${column}` === THOROUGH ? 1 : Math.max(1, Math.ceil(machine.choicePoints / MOST_SNAPSHOTS));
    restoreSnapshot(machine, start);
    for (let done = false; !done; ) {
      const snapshot = takeSnapshot(machine);
      machine.runChoicePoints(stride * AHEAD);
      restoreSnapshot(machine, snapshot);
      done = machine.runChoicePoints(stride);
    }
    expect(ended(machine)).toEqual(expected);
    memory.giveBack(machine.memory);
  });
});
