import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  CODE32,
  CODE64,
  createSystem,
  DATA,
  enter,
  exceptionsOf,
  GDT_BASE,
  KERNEL_STACK,
  SPARE,
  STACK_TOP,
  selectorOf,
  setGate64,
  TASK,
  TSS_BASE,
  USER_CODE32,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import * as S from "../state-layout.ts";

const MOV_DS_AX = [0x8e, 0xd8];
const MOV_SS_AX = [0x8e, 0xd0];
const LTR_AX = [0x0f, 0x00, 0xd8];
const NOP = 0x90;

function setDescriptor(system: ReturnType<typeof createSystem>, value: bigint, high = 0n): void {
  system.memory.write64(GDT_BASE + SPARE, value);
  system.memory.write64(GDT_BASE + SPARE + 8, high);
}

describe("segment loads", () => {
  test.each([
    ["a data segment", 0x00cf92000000ffffn, MOV_DS_AX, "done"],
    ["an execute-only code segment", 0x00cf98000000ffffn, MOV_DS_AX, "13:80"],
    ["a segment that is not present", 0x00cf12000000ffffn, MOV_DS_AX, "11:80"],
    ["a system descriptor", 0x00cf89000000ffffn, MOV_DS_AX, "13:80"],
    ["a read-only segment in SS", 0x00cf90000000ffffn, MOV_SS_AX, "13:80"],
    ["a missing segment in SS", 0x00cf12000000ffffn, MOV_SS_AX, "12:80"],
    ["a user segment in SS", 0x00cff2000000ffffn, MOV_SS_AX, "13:80"],
  ])("of %s", (_, descriptor, code, expected) => {
    const system = createSystem("protected");
    setDescriptor(system, descriptor);
    system.c.setGpr(0, BigInt(SPARE));
    system.run([...code, NOP], 1);
    expect(exceptionsOf(system)[0] ?? "done").toBe(expected);
  });

  test("set the accessed bit in memory", () => {
    const system = createSystem("protected");
    setDescriptor(system, 0x00cf92000000ffffn);
    system.c.setGpr(0, BigInt(SPARE));
    system.run(MOV_DS_AX, 1);
    expect(system.memory.read8(GDT_BASE + SPARE + 5)).toBe(0x93);
    expect(system.c.s[S.SEGMENTS + S.DS * 8 + S.SEGMENT_LIMIT]).toBe(-1);
  });

  test("a null SS is allowed in 64-bit mode below privilege level 3 only", () => {
    const system = createSystem("long");
    system.c.setGpr(0, 0n);
    system.run([...MOV_SS_AX, NOP], 2);
    expect(exceptionsOf(system)).toEqual([]);
    const other = createSystem("protected");
    other.c.setGpr(0, 0n);
    other.run(MOV_SS_AX, 1);
    expect(exceptionsOf(other)[0]).toBe("13:0");
  });

  test("an access beyond the limit is #GP(0), through SS #SS(0)", () => {
    for (const [code, expected] of [
      [[0x8a, 0x03], "13:0"],
      [[0x36, 0x8a, 0x03], "12:0"],
    ] as const) {
      const system = createSystem("protected");
      for (const register of [S.DS, S.SS]) system.c.s[S.SEGMENTS + register * 8 + S.SEGMENT_LIMIT] = 0x8ffff;
      system.c.setGpr(3, 0x90000n);
      system.run(code, 1);
      expect(exceptionsOf(system)[0]).toBe(expected);
    }
  });
});

describe("ltr and friends", () => {
  test("ltr marks the descriptor busy and refuses it the second time", () => {
    const system = createSystem("long");
    setDescriptor(system, 0x0000_8900_3000_0067n, 0x1234n);
    system.c.setGpr(0, BigInt(SPARE));
    system.run([...LTR_AX, ...LTR_AX], 2);
    expect(selectorOf(system.c, S.TR)).toBe(SPARE);
    expect(system.c.get64(S.SEGMENTS + S.TR * 8 + S.SEGMENT_BASE)).toBe(0x1234_0000_3000n);
    expect(exceptionsOf(system)[0]).toBe(`13:${SPARE}`);
  });

  test("sgdt stores limit and base, lgdt loads them", () => {
    const system = createSystem("long");
    system.c.setGpr(3, 0x5000n);
    // sgdt [rbx]; inc byte [rbx]; lgdt [rbx]
    system.run([0x0f, 0x01, 0x03, 0xfe, 0x03, 0x0f, 0x01, 0x13], 3);
    expect(system.memory.read64(0x5000) & 0xffffn).toBe(0x80n);
    expect([system.c.s[S.GDTR], system.c.s[S.GDTR + 2]]).toEqual([GDT_BASE, 0x80]);
  });

  test("lar and lsl answer for visible descriptors", () => {
    const system = createSystem("long");
    system.c.setGpr(3, BigInt(DATA));
    // lar eax, ebx; lsl ecx, ebx
    system.run([0x0f, 0x02, 0xc3, 0x0f, 0x03, 0xcb], 2);
    expect([system.c.gpr(0), system.c.gpr(1), system.c.rflags & 0x40n]).toEqual([0xcf9300n, 0xffffffffn, 0x40n]);
  });
});

describe("far transfers", () => {
  test("jmp far from protected mode to a 64-bit segment in IA-32e mode", () => {
    const system = createSystem("long");
    enter(system.c, CODE32, DATA);
    system.run([0xea, 0, 0, 2, 0, CODE64, 0, NOP], 1);
    expect([system.c.in64BitMode, system.c.rip]).toEqual([true, 0x20000n]);
  });

  test("iretq to user mode loads SS:RSP and flags, and back-end segments become null", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    c.setGpr(4, BigInt(STACK_TOP - 40));
    [BigInt(CODE_BASE + 0x100), BigInt(USER_CODE64), 0x3202n, 0x70000n, BigInt(USER_DATA)].forEach((word, n) => {
      memory.write64(STACK_TOP - 40 + 8 * n, word);
    });
    system.run([0x48, 0xcf], 1);
    expect([c.rip, c.gpr(4), c.s[S.CPL], c.rflags]).toEqual([BigInt(CODE_BASE + 0x100), 0x70000n, 3, 0x3202n]);
    expect([selectorOf(c, S.CS), selectorOf(c, S.SS), selectorOf(c, S.DS)]).toEqual([USER_CODE64, USER_DATA, 0]);
  });

  test("user mode changes neither IF nor IOPL with iretq", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    enter(c, USER_CODE64, USER_DATA);
    c.setGpr(4, BigInt(STACK_TOP - 40));
    [BigInt(CODE_BASE), BigInt(USER_CODE64), 0x3202n, BigInt(STACK_TOP), BigInt(USER_DATA)].forEach((word, n) => {
      memory.write64(STACK_TOP - 40 + 8 * n, word);
    });
    system.run([0x48, 0xcf], 1);
    expect(c.rflags).toBe(2n);
  });

  test("a call gate to an inner level copies parameters, and retf returns over them", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    const target = 0x20400;
    memory.write64(GDT_BASE + SPARE, BigInt(target & 0xffff) | (BigInt(CODE32) << 16n) | 0x0002_ec01_0000_0000n);
    memory.write8(GDT_BASE + SPARE + 4, 1);
    memory.write32(TSS_BASE + 4, KERNEL_STACK);
    memory.write32(TSS_BASE + 8, DATA);
    memory.write32(STACK_TOP - 4, 0x12345678);
    enter(c, USER_CODE32, USER_DATA);
    c.setGpr(4, BigInt(STACK_TOP - 4));
    memory.writeBytes(target, Uint8Array.from([0xca, 4, 0]));
    system.run([0x9a, 0, 0, 0, 0, SPARE | 3, 0, NOP], 1);
    expect([c.s[S.CPL], c.gpr(4), memory.read32(KERNEL_STACK - 12)]).toEqual([
      0,
      BigInt(KERNEL_STACK - 20),
      0x12345678,
    ]);
    system.engine.run(c.retired + 1);
    expect([c.s[S.CPL], c.gpr(4), c.rip]).toEqual([3, BigInt(STACK_TOP), BigInt(CODE_BASE + 7)]);
  });

  test("syscall and sysret change levels through STAR and LSTAR", () => {
    const system = createSystem("long");
    const { c } = system;
    setGate64(system.memory, 13);
    c.setGpr(1, 0xc000_0081n);
    c.setGpr(0, 0n);
    c.setGpr(2, BigInt((0x1b << 16) | CODE64));
    system.run([0x0f, 0x30], 1);
    c.setGpr(1, 0xc000_0082n);
    c.setGpr(0, 0x20000n);
    c.setGpr(2, 0n);
    system.run([0x0f, 0x30], 1);
    system.memory.writeBytes(0x20000, Uint8Array.from([0x48, 0x0f, 0x07]));
    enter(c, USER_CODE64, USER_DATA);
    const at = c.rip;
    system.run([0x0f, 0x05, NOP], 1);
    expect([c.rip, c.gpr(1), c.s[S.CPL], selectorOf(c, S.SS)]).toEqual([0x20000n, at + 2n, 0, DATA]);
    system.engine.run(c.retired + 1);
    expect([c.rip, c.s[S.CPL], selectorOf(c, S.CS), selectorOf(c, S.SS)]).toEqual([at + 2n, 3, 0x2b, 0x23]);
  });
});

test("the task register of the kit names the TSS", () => {
  expect(selectorOf(createSystem("long").c, S.TR)).toBe(TASK);
});
