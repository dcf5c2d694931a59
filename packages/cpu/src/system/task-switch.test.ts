import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  CODE32,
  createSystem,
  DATA,
  exceptionsOf,
  GDT_BASE,
  IDT_BASE,
  type System,
  selectorOf,
  setGate32,
  stackDwords,
  TASK,
  TSS_BASE,
} from "../../test/system/processor-kit.ts";
import { NT } from "../flags.ts";
import * as S from "../state-layout.ts";

const CR0_TS = 8;
const NEXT = 0x50;
const NEXT_TSS = 0x7_0000;
const NEXT_CODE = 0x1_2000;
const NEXT_STACK = 0x7_8000;
const GATE = 0x58;
const AVAILABLE = 0x89;
const BUSY = 0x8b;
const AVAILABLE16 = 0x81;

function setTssDescriptor(system: System, selector: number, base: number, type: number, limit = 0x67): void {
  const value = BigInt(limit) | (BigInt(base & 0xffffff) << 16n) | (BigInt(type) << 40n) | (BigInt(base >>> 24) << 56n);
  system.memory.write64(GDT_BASE + selector, value);
}

/** What the new task's TSS holds: dwords at their offsets. */
const NEW_TASK: Readonly<Record<number, number>> = {
  32: NEXT_CODE,
  36: 0x202,
  40: 0x1111_1111,
  44: 0x2222_2222,
  56: NEXT_STACK,
  72: DATA,
  76: CODE32,
  80: DATA,
  84: DATA,
  88: 0,
  92: 0,
  96: 0,
};

function createTasks(type = AVAILABLE, changes: Readonly<Record<number, number>> = {}): System {
  const system = createSystem("protected");
  const { memory } = system;
  setTssDescriptor(system, TASK, TSS_BASE, BUSY);
  setTssDescriptor(system, NEXT, NEXT_TSS, type);
  // A task gate.
  memory.write64(GDT_BASE + GATE, (0x85n << 40n) | (BigInt(NEXT) << 16n));
  for (const [offset, value] of Object.entries({ ...NEW_TASK, ...changes }))
    memory.write32(NEXT_TSS + Number(offset), value);
  for (const vector of [10, 11, 13]) setGate32(memory, vector);
  return system;
}

const far = (opcode: number, selector: number): number[] => [opcode, 0, 0, 0, 0, selector, 0];
const JUMP = far(0xea, NEXT);
const CALL = far(0x9a, NEXT);
const typeOf = ({ memory }: System, selector: number): number => memory.read8(GDT_BASE + selector + 5);

describe("a task switch", () => {
  test("by JMP saves the old task, loads the new one, and leaves only the new one busy", () => {
    const system = createTasks();
    const { c, memory } = system;
    c.setGpr(6, 0x1234_5678n);
    system.run(JUMP, 1);
    expect([c.rip, c.gpr(0), c.gpr(1), c.gpr(4)]).toEqual([
      BigInt(NEXT_CODE),
      0x1111_1111n,
      0x2222_2222n,
      BigInt(NEXT_STACK),
    ]);
    expect([selectorOf(c, S.TR), selectorOf(c, S.FS), c.s[S.CR0]! & CR0_TS]).toEqual([NEXT, 0, CR0_TS]);
    expect([typeOf(system, TASK), typeOf(system, NEXT)]).toEqual([AVAILABLE, BUSY]);
    const saved = [0x20, 0x40, 0x4c].map((offset) => memory.read32(TSS_BASE + offset));
    expect(saved).toEqual([CODE_BASE + JUMP.length, 0x1234_5678, CODE32]);
    expect([c.rflags & BigInt(NT), memory.read32(NEXT_TSS)]).toEqual([0n, 0]);
  });

  test("by CALL nests, and IRET goes back", () => {
    const system = createTasks();
    const { c, memory } = system;
    memory.writeBytes(NEXT_CODE, Uint8Array.from([0xcf]));
    system.run(CALL, 1);
    expect([typeOf(system, TASK), typeOf(system, NEXT)]).toEqual([BUSY, BUSY]);
    expect([c.rflags & BigInt(NT), memory.read32(NEXT_TSS)]).toEqual([BigInt(NT), TASK]);
    system.engine.run(c.retired + 1);
    expect([c.rip, selectorOf(c, S.TR)]).toEqual([BigInt(CODE_BASE + CALL.length), TASK]);
    expect([typeOf(system, TASK), typeOf(system, NEXT)]).toEqual([BUSY, AVAILABLE]);
    // The task that IRET left is saved behind the IRET, no longer nested.
    expect([memory.read32(NEXT_TSS + 0x20), memory.read32(NEXT_TSS + 0x24) & NT]).toEqual([NEXT_CODE + 1, 0]);
    expect(exceptionsOf(system)).toEqual([]);
  });

  test("through a task gate in the GDT goes where the gate points", () => {
    const system = createTasks();
    system.run(far(0xea, GATE), 1);
    expect([selectorOf(system.c, S.TR), system.c.rip]).toEqual([NEXT, BigInt(NEXT_CODE)]);
  });

  test("by an exception pushes the error code on the new task's stack, and nests", () => {
    const system = createTasks();
    const { c, memory } = system;
    memory.write64(IDT_BASE + 13 * 8, (0x85n << 40n) | (BigInt(NEXT) << 16n));
    // mov eax, TASK; mov ds, eax
    system.run([0xb8, 0x30, 0, 0, 0, 0x8e, 0xd8], 2);
    expect([selectorOf(c, S.TR), c.gpr(4)]).toEqual([NEXT, BigInt(NEXT_STACK - 4)]);
    expect([stackDwords(c, 1)[0], memory.read32(NEXT_TSS), memory.read32(TSS_BASE + 0x20)]).toEqual([
      0x30,
      TASK,
      CODE_BASE + 5,
    ]);
  });

  test.each([
    ["a busy task", BUSY, 0x67, JUMP, `13:${NEXT}`],
    ["a task that is not present", 0x09, 0x67, JUMP, `11:${NEXT}`],
    ["a TSS that is too short", AVAILABLE, 0x66, JUMP, `10:${NEXT}`],
    ["an LDT", 0x82, 0x67, CALL, `13:${NEXT}`],
  ])("to %s fails in the old task", (_, type, limit, code, expected) => {
    const system = createTasks();
    setTssDescriptor(system, NEXT, NEXT_TSS, type, limit);
    system.run(code, 1);
    expect([exceptionsOf(system)[0], selectorOf(system.c, S.TR)]).toEqual([expected, TASK]);
    // Below the error code: the instruction itself.
    expect(stackDwords(system.c, 2)[1]).toBe(CODE_BASE);
  });

  test.each([
    ["a null CS", { 76: 0 }, "10:0"],
    ["a data segment as CS", { 76: DATA }, `10:${DATA}`],
    ["a null SS", { 80: 0 }, "10:0"],
    ["a code segment as SS", { 80: CODE32 }, `10:${CODE32}`],
    ["a TSS as DS", { 84: TASK }, `10:${TASK}`],
    ["an LDT that is none", { 96: DATA }, `10:${DATA}`],
  ])("to a task with %s fails in the new task", (_, changes, expected) => {
    const system = createTasks(AVAILABLE, changes as Record<number, number>);
    system.run(JUMP, 1);
    expect([exceptionsOf(system)[0], selectorOf(system.c, S.TR)]).toEqual([expected, NEXT]);
  });

  test("to a task whose T flag is set is a debug exception before its first instruction", () => {
    const system = createTasks(AVAILABLE, { 100: 1 });
    const { c } = system;
    setGate32(system.memory, 1);
    system.run(JUMP, 2);
    expect([exceptionsOf(system)[0], stackDwords(c, 1)[0], c.s[S.DR6]! & 0x8000]).toEqual(["1", NEXT_CODE, 0x8000]);
  });

  test("to a 16-bit task loads half registers", () => {
    const system = createTasks();
    const { c, memory } = system;
    setTssDescriptor(system, NEXT, NEXT_TSS, AVAILABLE16, 0x2b);
    const words: readonly (readonly [number, number])[] = [
      [0x0e, 0x2000],
      [0x10, 0x202],
      [0x12, 0xaaaa],
      [0x1a, 0x8000],
      [0x22, DATA],
      [0x24, CODE32],
      [0x26, DATA],
      [0x28, DATA],
      [0x2a, 0],
    ];
    for (const [offset, value] of words)
      memory.writeBytes(NEXT_TSS + offset, Uint8Array.from([value & 0xff, value >> 8]));
    system.run(JUMP, 1);
    expect([c.rip, c.gpr(0) & 0xffffn, c.gpr(4) & 0xffffn]).toEqual([0x2000n, 0xaaaan, 0x8000n]);
    expect([typeOf(system, NEXT), exceptionsOf(system)]).toEqual([0x83, []]);
  });

  test("to a task with VM set enters virtual-8086 mode", () => {
    const system = createTasks(AVAILABLE, { 36: 0x2_0202, 76: 0x1000, 32: 0x10, 80: 0x2000, 84: 0x3000 });
    const { c } = system;
    system.run(JUMP, 1);
    const base = (register: number): number => c.s[S.SEGMENTS + register * S.SEGMENT_STRIDE + S.SEGMENT_BASE]!;
    expect([c.s[S.CPL], c.rip, base(S.CS), base(S.SS), base(S.DS)]).toEqual([3, 0x10n, 0x1_0000, 0x2_0000, 0x3_0000]);
  });
});
