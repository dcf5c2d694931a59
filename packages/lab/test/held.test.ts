import type { RunGuard } from "@hvdiff/cpu";
import { describeOutcome, type Machine } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { eventKey } from "../src/events.ts";
import { guestImage, Session } from "../src/session.ts";

const COLUMNS = ["metal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on"];

function machineOf(scenario: string, column: string): Machine {
  const session = new Session(guestImage({ scenario }), {});
  const resolved = session.column(column);
  return session.machine(resolved);
}

function result(machine: Machine) {
  return {
    outcome: describeOutcome(machine.run()),
    events: machine.trace.events.map((event) => `${event.time} ${eventKey(event)}`),
    serial: machine.guest.serial,
    now: machine.now(),
  };
}

/** Holds the run at random instructions, often one after the other; a refused instruction is allowed when asked again. */
function randomGuard(seed: number): RunGuard & { holds: () => boolean } {
  let state = seed;
  let refused = false;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  return {
    allow: () => {
      refused = !refused && random() < 0.02;
      return refused ? 0 : 1 + Math.floor(random() * 6);
    },
    holds: () => random() < 0.02,
  };
}

/** A debugger that is told of every access makes them take another way. */
function watchAll(machine: Machine): void {
  for (const processor of machine.processors) {
    processor.watcher = () => {};
    processor.selectTlbPart();
  }
}

/** Every held run goes on through the very states that an undisturbed one comes by, or the traces would differ in time at the least. */
describe.each(["xsaves-late-launch", "vmx-instruction-errors"])("%s", (scenario) => {
  test.each(COLUMNS)("is not disturbed by being held on %s", (column) => {
    const machine = machineOf(scenario, column);
    machine.guard = randomGuard(7);
    watchAll(machine);
    let holds = 0;
    while (!machine.runChoicePoints(1000)) {
      if (machine.held) holds++;
      if (holds === 5000) machine.guard = null;
    }
    expect(holds).toBeGreaterThan(100);
    expect(result(machine)).toEqual(result(machineOf(scenario, column)));
  });
});
