import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  CODE32,
  CODE64,
  createSystem,
  DATA,
  enter,
  exceptionsOf,
  handlerOf,
  KERNEL_STACK,
  STACK_TOP,
  selectorOf,
  setGate32,
  setGate64,
  stackDwords,
  stackWords,
  TSS_BASE,
  USER_CODE32,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import * as S from "../state-layout.ts";

const UD2 = [0x0f, 0x0b];
const INT = (vector: number) => [0xcd, vector];
const STI = 0xfb;
const NOP = 0x90;

describe("64-bit gates", () => {
  test("a fault pushes SS, RSP, RFLAGS with RF, CS and its own RIP on the aligned stack", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    setGate64(memory, 6);
    c.setGpr(4, BigInt(STACK_TOP - 4));
    c.rflags = 0x202n;
    system.run(UD2, 1);
    expect(stackWords(c, 5)).toEqual([
      BigInt(CODE_BASE),
      BigInt(CODE64),
      0x10202n,
      BigInt(STACK_TOP - 4),
      BigInt(DATA),
    ]);
    expect(c.rflags).toBe(2n);
    expect(exceptionsOf(system)).toEqual(["6"]);
  });

  test("an exception with error code pushes it last", () => {
    const system = createSystem("long");
    setGate64(system.memory, 13);
    // mov ds, ax with a selector beyond the GDT
    system.c.setGpr(0, 0x1234n);
    system.run([0x8e, 0xd8], 1);
    expect(stackWords(system.c, 2)).toEqual([0x1234n & ~3n, BigInt(CODE_BASE)]);
  });

  test("from user mode RSP0 becomes the stack and SS a null selector with the new RPL", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    setGate64(memory, 0x80, { dpl: 3 });
    memory.write64(TSS_BASE + 4, BigInt(KERNEL_STACK));
    enter(c, USER_CODE64, USER_DATA);
    system.run(INT(0x80), 1);
    expect(stackWords(c, 5)).toEqual([
      BigInt(CODE_BASE + 2),
      BigInt(USER_CODE64),
      2n,
      BigInt(STACK_TOP),
      BigInt(USER_DATA),
    ]);
    expect([selectorOf(c, S.CS), selectorOf(c, S.SS), c.s[S.CPL]]).toEqual([CODE64, 0, 0]);
    expect(c.gpr(4)).toBe(BigInt(KERNEL_STACK - 40));
  });

  test("an IST entry is used without a change of privilege, and SS stays", () => {
    const system = createSystem("long");
    setGate64(system.memory, 6, { ist: 2 });
    system.memory.write64(TSS_BASE + 36 + 8, BigInt(KERNEL_STACK));
    system.run(UD2, 1);
    expect(system.c.gpr(4)).toBe(BigInt(KERNEL_STACK - 40));
    expect(selectorOf(system.c, S.SS)).toBe(DATA);
  });

  test.each([
    ["a gate below the privilege level", { dpl: 0 }, "13:1026"],
    ["a gate that is not present", { dpl: 3, present: false }, "11:1026"],
    ["a gate of another type", { dpl: 3, type: 12 }, "13:1026"],
    ["a null code selector", { dpl: 3, selector: 0 }, "13:0"],
    ["a code segment that is not 64-bit", { dpl: 3, selector: CODE32 }, `13:${CODE32}`],
    ["a handler at a non-canonical address", { dpl: 3, offset: 1n << 48n }, "13:0"],
  ])("int n through %s faults without the EXT bit", (_, gate, expected) => {
    const system = createSystem("long");
    setGate64(system.memory, 0x80, gate);
    setGate64(system.memory, 13);
    setGate64(system.memory, 11);
    system.memory.write64(TSS_BASE + 4, BigInt(KERNEL_STACK));
    enter(system.c, USER_CODE64, USER_DATA);
    system.run(INT(0x80), 1);
    expect(exceptionsOf(system)).toEqual([expected]);
    expect(stackWords(system.c, 2)[1]).toBe(BigInt(CODE_BASE));
  });
});

describe("faults during delivery", () => {
  test("a missing handler of a contributory exception becomes a double fault", () => {
    const system = createSystem("long");
    setGate64(system.memory, 8);
    system.c.setGpr(0, 0x1234n);
    system.run([0x8e, 0xd8], 1);
    expect(exceptionsOf(system)).toEqual(["13:4660", "8:0"]);
    expect(stackWords(system.c, 2)).toEqual([0n, BigInt(CODE_BASE)]);
  });

  test("a benign first exception is followed by the second, with EXT", () => {
    const system = createSystem("long");
    setGate64(system.memory, 13);
    system.run(UD2, 1);
    expect(exceptionsOf(system)).toEqual(["6", `13:${6 * 8 + 3}`]);
  });

  test("a third failure is a triple fault and stops the run", () => {
    const system = createSystem("long");
    system.run(UD2, 1);
    expect(system.c.stop).toEqual({ kind: "triple-fault" });
  });

  test("a page fault writes CR2 when it is delivered", () => {
    const system = createSystem("long");
    setGate64(system.memory, 14);
    system.c.setGpr(0, 0x9000_0008n);
    // mov eax, [rax]
    system.run([0x8b, 0x00], 1);
    expect(system.c.get64(S.CR2)).toBe(0x9000_0008n);
    expect(system.events.at(0)?.data).toMatchObject({ vector: 14, errorCode: 0, cr2: "0x90000008" });
  });
});

describe("interrupts", () => {
  test("sti holds an interrupt off for one instruction", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    setGate64(memory, 0x21);
    c.apic.setInterruptLine(true);
    system.run([STI, NOP, NOP, NOP], 3);
    expect(c.rip).toBe(BigInt(handlerOf(0x21) + 1));
    expect(stackWords(c, 3)).toEqual([BigInt(CODE_BASE + 2), BigInt(CODE64), 0x202n]);
  });

  test("hlt waits, and an interrupt wakes it behind the instruction", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    setGate64(memory, 0x21);
    c.rflags = 0x202n;
    expect(system.run([0xf4], 5)).toBe("idle");
    c.apic.setInterruptLine(true);
    system.engine.run(c.retired + 1);
    expect(c.s[S.ACTIVITY]).toBe(0);
    expect(stackWords(c, 1)).toEqual([BigInt(CODE_BASE + 1)]);
  });

  test("an NMI blocks the next one until iret", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    setGate64(memory, 2);
    memory.writeBytes(handlerOf(2), Uint8Array.from([NOP, 0x48, 0xcf]));
    c.s[S.EVENTS] = S.EVENT_NMI;
    system.run([NOP, NOP], 1);
    expect(c.s[S.INTERRUPTIBILITY]).toBe(8);
    c.s[S.EVENTS] = S.EVENT_NMI;
    system.engine.run(c.retired + 1);
    // The IRET unblocks it, and it is taken at once.
    expect(c.rip).toBe(BigInt(handlerOf(2)));
    expect(stackWords(c, 1)).toEqual([BigInt(CODE_BASE)]);
    expect(c.s[S.EVENTS]).toBe(0);
  });
});

describe("protected-mode gates", () => {
  test("an interrupt from user mode switches to SS0:ESP0 of the TSS", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    setGate32(memory, 0x80, { dpl: 3 });
    memory.write32(TSS_BASE + 4, KERNEL_STACK);
    memory.write32(TSS_BASE + 8, DATA);
    enter(c, USER_CODE32, USER_DATA);
    c.rflags = 0x202n;
    system.run(INT(0x80), 1);
    expect(stackDwords(c, 5)).toEqual([CODE_BASE + 2, USER_CODE32, 0x202, STACK_TOP, USER_DATA]);
    expect([selectorOf(c, S.CS), selectorOf(c, S.SS), c.s[S.CPL], c.rflags]).toEqual([CODE32, DATA, 0, 2n]);
  });

  test("a 16-bit trap gate pushes words and leaves IF", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    setGate32(memory, 0x80, { type: 7 });
    c.rflags = 0x202n;
    system.run(INT(0x80), 1);
    expect(c.gpr(4)).toBe(BigInt(STACK_TOP - 6));
    expect(c.rflags).toBe(0x202n);
  });

  test("a stack segment of the wrong privilege in the TSS is #TS with its selector", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    setGate32(memory, 0x80, { dpl: 3 });
    setGate32(memory, 10, { selector: USER_CODE32 });
    memory.write32(TSS_BASE + 4, KERNEL_STACK);
    memory.write32(TSS_BASE + 8, USER_DATA);
    enter(c, USER_CODE32, USER_DATA);
    system.run(INT(0x80), 1);
    expect(exceptionsOf(system)).toEqual([`10:${USER_DATA & ~3}`]);
  });
});

describe("real mode", () => {
  test("an exception pushes FLAGS, CS and IP and no error code", () => {
    const system = createSystem("real");
    const { c, memory } = system;
    memory.write32(6 * 4, 0x0200_0010);
    memory.write8(0x2010, NOP);
    c.rflags = 0x202n;
    system.run(UD2, 1);
    expect(memory.read32(0x8000 - 6)).toBe(0x1000);
    expect(memory.read32(0x8000 - 4) >>> 16).toBe(0x202);
    expect([c.rip, selectorOf(c, S.CS), c.rflags]).toEqual([0x11n, 0x200, 2n]);
  });
});

describe("the task gate", () => {
  test("switches to the new task and links the old one", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    const task = 0x50;
    const base = 0x6000;
    memory.write64(0x1000 + task, 0x0000_8900_6000_0067n);
    memory.write64(0x1000 + 0x30, 0x0000_8b00_3000_2067n);
    setGate32(memory, 6, { selector: task, type: 5 });
    memory.write32(base + 0x20, handlerOf(6));
    memory.write32(base + 0x24, 2);
    memory.write32(base + 0x38, KERNEL_STACK);
    for (const [offset, selector] of [
      [0x48, DATA],
      [0x4c, CODE32],
      [0x50, DATA],
      [0x54, DATA],
    ] as const)
      memory.write32(base + offset, selector);
    system.run(UD2, 1);
    expect([c.rip, c.gpr(4), selectorOf(c, S.TR)]).toEqual([BigInt(handlerOf(6) + 1), BigInt(KERNEL_STACK), task]);
    expect(memory.read32(base) & 0xffff).toBe(0x30);
    expect(memory.read32(TSS_BASE + 0x20)).toBe(CODE_BASE);
    expect(c.s[S.FLAG_SYSTEM]! & (1 << 14)).not.toBe(0);
  });
});
