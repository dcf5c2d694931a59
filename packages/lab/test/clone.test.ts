import { SCENARIOS } from "@hvdiff/guests";
import { describeOutcome, type Machine } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { eventKey } from "../src/events.ts";
import { ReusedMemory } from "../src/reused-memory.ts";
import { guestImage, Session } from "../src/session.ts";

const COLUMNS = ["metal", "ideal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0"];

/** More than this many choice points are sampled evenly, so that the test stays short. */
const MOST_CLONES = 8;

/** One small run is cloned at every single choice point. */
const THOROUGH = "xsaves-control kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

function machineOf(scenario: string, column: string): Machine {
  const session = new Session(guestImage({ scenario }), {});
  const resolved = session.column(column);
  return session.machine(resolved, { bounds: { ...session.settings.bounds, memory: 16 * 1024 * 1024 } });
}

function result(machine: Machine): { outcome: string; events: string[]; serial: string } {
  return {
    outcome: describeOutcome(machine.run()),
    events: machine.trace.events.map((event) => `${event.time} ${eventKey(event)}`),
    serial: machine.guest.serial,
  };
}

/**
 * Runs a machine that is replaced by its own clone at every `stride`-th choice point. If the end is that of an undisturbed run, each clone
 * went on exactly as its original would have, from every one of these points.
 */
function runThroughClones(first: Machine, stride: number): { machine: Machine; clones: number } {
  let machine = first;
  const memory = new ReusedMemory();
  let clones = 0;
  for (;;) {
    const ended = machine.runChoicePoints(stride);
    if (ended) return { machine, clones };
    const clone = machine.clone(memory.take());
    memory.giveBack(machine.memory);
    machine = clone;
    clones++;
  }
}

describe.each(SCENARIOS.map((scenario) => scenario.id))("%s", (scenario) => {
  test.each(COLUMNS)("goes on from a clone as from the original under %s", (column) => {
    const original = machineOf(scenario, column);
    const expected = result(original);
    const thorough = `${scenario} ${column}` === THOROUGH;
    const stride = thorough ? 1 : Math.max(1, Math.ceil(original.choicePoints / MOST_CLONES));
    const { machine, clones } = runThroughClones(machineOf(scenario, column), stride);
    expect(clones).toBeGreaterThan(0);
    expect(result(machine)).toEqual(expected);
  });
});
