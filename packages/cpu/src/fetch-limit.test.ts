import { expect, test } from "vitest";
import { CODE_BASE, createSystem, exceptionsOf } from "../test/system/processor-kit.ts";
import { CS, SEGMENT_LIMIT, SEGMENT_STRIDE, SEGMENTS } from "./state-layout.ts";

const CS_LIMIT = SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT_LIMIT;
const MOV_EAX = [0xb8, 1, 0, 0, 0];
const NOP = 0x90;

/** Runs `count` instructions of code whose first `room` bytes lie within the limit of CS. */
function run(code: readonly number[], room: number, count: number, at = CODE_BASE) {
  const system = createSystem("protected");
  system.c.rip = BigInt(at);
  system.c.s[CS_LIMIT] = at + room - 1;
  system.c.translationChanged();
  system.run(code, count);
  // Delivery fails as well: there is no IDT.
  return { exceptions: exceptionsOf(system).slice(0, 1), rax: system.c.gpr(0), retired: system.c.retired };
}

test.each([
  ["an instruction that ends at the limit is executed", [NOP, ...MOV_EAX], 6, 2, [], 1n],
  ["one that reaches over it is #GP(0)", [NOP, ...MOV_EAX], 5, 2, ["13:0"], 0n],
  ["so is one behind it", [NOP, ...MOV_EAX], 1, 2, ["13:0"], 0n],
  ["an undefined opcode of which the first byte suffices is #UD", [NOP, 0x0f, 0x0b], 3, 2, ["6"], 0n],
  ["one of which the second byte lies behind the limit is not", [NOP, 0x0f, 0x0b], 2, 2, ["13:0"], 0n],
] as const)("%s", (_, code, room, count, exceptions, rax) => {
  expect(run(code, room, count)).toMatchObject({ exceptions, rax });
});

test("the same where the instruction crosses a page as well", () => {
  const at = CODE_BASE + 0xffe;
  expect(run(MOV_EAX, 5, 1, at)).toMatchObject({ exceptions: [], rax: 1n });
  expect(run(MOV_EAX, 4, 1, at)).toMatchObject({ exceptions: ["13:0"], rax: 0n });
});
