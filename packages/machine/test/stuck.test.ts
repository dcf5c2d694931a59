import { CPU_MODELS } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { applyState, realModeState } from "../src/boot-state.ts";
import { Machine } from "../src/machine.ts";
import { isStuck } from "../src/stuck.ts";

const CODE = 0x1000;

/** A processor in real mode at some code. */
function machineAt(code: readonly number[], model = CPU_MODELS[0]!): Machine {
  const machine = new Machine({ model });
  machine.memory.addRam(0, 0x100000);
  machine.memory.writeBytes(CODE, Uint8Array.from(code));
  applyState(machine.processors[0]!, realModeState(CODE));
  return machine;
}

test.each([
  ["a jump to itself", [0xeb, 0xfe], true],
  ["a jump over a store of the same value", [0xc6, 0x06, 0x00, 0x40, 0x00, 0xeb, 0xf9], true],
  ["a counter in a register", [0x40, 0xeb, 0xfd], false],
  ["writing to a port", [0xe6, 0x80, 0xeb, 0xfc], false],
  ["polling the clock", [0xb0, 0x0a, 0xe6, 0x70, 0xe4, 0x71, 0xeb, 0xf8], false],
  ["a counter in memory", [0xfe, 0x06, 0x00, 0x40, 0x31, 0xc0, 0xeb, 0xf8], false],
  ["a look at the clock", [0x0f, 0x31, 0x31, 0xc0, 0x31, 0xd2, 0xeb, 0xf8], false],
])("%s", (_name, code, stuck) => {
  const machine = machineAt(code);
  machine.engines[0]!.run(10);
  expect(isStuck(machine.processors[0]!, machine.engines[0]!)).toBe(stuck);
});

/**
 * x2APIC on, the timer in TSC-deadline mode; dec ecx, jnz 247,000 times; rdtsc; add eax, 20000; mov ecx, 6e0h; wrmsr; sti;
 * wait: cmp byte [4000h], 0; je wait; out 0f4h, 1. The handler stores 1 there.
 */
const TIMER_WAIT =
  "31c08ed8c70680006310c7068200000066b91b0000000f320d000c0f3066b90f08000066b8ff0100006631d20f3066b93208000066b8200004000f30" +
  "66b9d8c40300664975fc0f316605204e000066b9e00600000f30fb803e00400074f9b001e6f4f4c606004001cf";

test("a loop that waits for a timer set since the last look is not stuck", () => {
  const model = CPU_MODELS.find(({ id }) => id === "skylake-client")!;
  const machine = machineAt([...Buffer.from(TIMER_WAIT, "hex")], model);
  expect(machine.run()).toEqual({ kind: "exit", code: 1 });
});

test("an exception whose handler raises it again ends the run, which no tick would", () => {
  // mov ax, 5000h; mov ss, ax; ud2
  const machine = machineAt([0xb8, 0x00, 0x50, 0x8e, 0xd0, 0x0f, 0x0b]);
  machine.memory.write32(6 * 4, CODE + 5);
  expect(machine.run()).toMatchObject({
    kind: "loop",
    what: expect.stringMatching(/^50000 exceptions, the last of vector 6,/),
  });
});
