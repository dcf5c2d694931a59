import { expect, test } from "vitest";
import {
  CODE32,
  createSystem,
  DATA,
  exceptionsOf,
  handlerOf,
  KERNEL_STACK,
  STACK_TOP,
  type System,
  selectorOf,
  setGate32,
  stackDwords,
  TSS_BASE,
} from "../../test/system/processor-kit.ts";
import * as S from "../state-layout.ts";

const VM = 1 << 17;
const IOPL3 = 3 << 12;

/** Enters virtual-8086 mode at 1000:0010 through IRET from privilege level 0. */
function enterVirtual8086(flags: number, code: readonly number[]): System {
  const system = createSystem("protected");
  const { c, memory } = system;
  memory.write32(TSS_BASE + 4, KERNEL_STACK);
  memory.write32(TSS_BASE + 8, DATA);
  memory.writeBytes(0x18010, Uint8Array.from(code));
  c.setGpr(4, BigInt(STACK_TOP - 36));
  [0x10, 0x1800, flags | VM, 0x8000, 0x3000, 0x1111, 0x2222, 0x3333, 0x4444].forEach((word, n) => {
    memory.write32(STACK_TOP - 36 + 4 * n, word);
  });
  system.run([0xcf], 1);
  return system;
}

test("iret enters with segments as paragraphs and privilege level 3", () => {
  const { c } = enterVirtual8086(2, [0x90]);
  expect([c.rip, selectorOf(c, S.CS), c.s[S.CPL], selectorOf(c, S.GS)]).toEqual([0x10n, 0x1800, 3, 0x4444]);
  expect(c.s[S.SEGMENTS + S.SS * 8 + S.SEGMENT_BASE]).toBe(0x30000);
  expect(c.in64BitMode).toBe(false);
});

test("an interrupt leaves through the TSS stack with the segments saved above", () => {
  const system = enterVirtual8086(IOPL3 | 2, [0xcd, 0x80]);
  const { c } = system;
  setGate32(system.memory, 0x80, { dpl: 3 });
  system.engine.run(c.retired + 1);
  expect(c.rip).toBe(BigInt(handlerOf(0x80)));
  expect(stackDwords(c, 9)).toEqual([0x12, 0x1800, VM | IOPL3 | 2, 0x8000, 0x3000, 0x1111, 0x2222, 0x3333, 0x4444]);
  expect([selectorOf(c, S.CS), selectorOf(c, S.DS), c.s[S.CPL]]).toEqual([CODE32, 0, 0]);
});

test.each([
  ["cli", [0xfa]],
  ["int n", [0xcd, 0x80]],
  ["pushf", [0x9c]],
])("%s with IOPL below 3 is #GP(0)", (_, code) => {
  const system = enterVirtual8086(2, code);
  setGate32(system.memory, 13);
  system.engine.run(system.c.retired + 1);
  expect(exceptionsOf(system)).toEqual(["13:0"]);
});
