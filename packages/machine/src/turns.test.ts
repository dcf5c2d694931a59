import { type Bus, findCpuModel, PhysicalMemory, Processor, type VirtualizationExtension } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const BUS: Bus = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
const NEVER = Number.POSITIVE_INFINITY;

const EXTENSION: VirtualizationExtension = {
  execute: () => 0,
  intercept: () => 0,
  exception: () => false,
  boundary: () => false,
  tripleFault: () => false,
  taskSwitch: () => false,
  wakesAt: () => 500,
};

function createTurns(): { processor: Processor; turns: Turns } {
  const processor = new Processor(0, findCpuModel("nehalem")!, new PhysicalMemory(1, 1 << 20), BUS);
  processor.extension = EXTENSION;
  return { processor, turns: new Turns([processor]) };
}

test("a waiting processor goes on at the tick that its virtualization extension names", () => {
  const { processor, turns } = createTurns();
  turns.setIdle(processor);
  expect(turns.deadline(NEVER)).toBe(500);
  turns.time = 500;
  turns.advanceTimers(500);
  expect(turns.next()).toBe(processor);
  expect(processor.retired).toBe(500);
});

test("while it executes the extension looks after its time itself", () => {
  expect(createTurns().turns.deadline(NEVER)).toBe(NEVER);
});
