import { MSRS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { CODE_BASE, createSystem, handlerOf, type System, setGate64 } from "../../test/system/processor-kit.ts";
import { TF } from "../flags.ts";
import * as S from "../state-layout.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

const NOP = 0x90;
const ICEBP = 0xf1;
const DATA_AT = 0x60000;
const DR6_RESTING = 0xffff0ff0 | 0;
const DR7_FIXED = 0x400;

/** A long-mode system whose #DB handler is in place, with RBX at some data. */
function create(): System {
  const system = createSystem("long");
  for (const vector of [1, 3]) setGate64(system.memory, vector);
  system.c.setGpr(3, BigInt(DATA_AT));
  system.c.s[S.DR6] = DR6_RESTING;
  system.c.s[S.DR7] = DR7_FIXED;
  return system;
}

function breakOn(system: System, n: number, address: number, kind: number, length: number): void {
  system.c.set64(S.DR0 + 2 * n, BigInt(address));
  system.c.s[S.DR7]! |= (2 << (2 * n)) | ((kind | (length << 2)) << (16 + 4 * n));
  system.c.selectTlbPart();
}

/** RIP that the handler would return to. */
function returnAddress({ c, memory }: System): number {
  return memory.read32(Number(c.gpr(4))) - CODE_BASE;
}

function reported({ c }: System): number {
  return c.s[S.DR6]! & ~DR6_RESTING;
}

describe("data breakpoints trap behind the instruction", () => {
  test.each([
    ["a store", 1, 3, [0x89, 0x03], true],
    ["a load, on accesses", 3, 3, [0x8b, 0x03], true],
    ["a load, on writes", 1, 3, [0x8b, 0x03], false],
    ["a store of the byte behind the range", 1, 0, [0x89, 0x43, 0x01], false],
    ["a store that ends in the range", 1, 0, [0x89, 0x43, 0xfd], true],
    ["an eight-byte range", 1, 2, [0x88, 0x43, 0x07], true],
    ["a push", 1, 0, [0x53], false],
  ])("%s", (_name, kind, length, code, met) => {
    const system = create();
    breakOn(system, 1, DATA_AT, kind, length);
    system.run([...code, NOP, NOP], 1);
    system.engine.run(system.c.retired);
    expect(system.c.rip === BigInt(handlerOf(1))).toBe(met);
    if (!met) return;
    expect(reported(system)).toBe(2);
    expect(returnAddress(system)).toBe(code.length);
  });

  test("REP STOS stops behind the iteration that met it and can go on", () => {
    const system = create();
    const { c } = system;
    breakOn(system, 0, DATA_AT + 2, 1, 0);
    c.setGpr(7, BigInt(DATA_AT));
    c.setGpr(1, 8n);
    system.run([0xf3, 0xaa, NOP], 3);
    system.engine.run(c.retired);
    expect(c.rip).toBe(BigInt(handlerOf(1)));
    expect(c.gpr(1)).toBe(5n);
    expect(returnAddress(system)).toBe(0);
  });
});

describe("instruction breakpoints are faults", () => {
  test("before the instruction, with RF clear in the image", () => {
    const system = create();
    breakOn(system, 3, CODE_BASE + 1, 0, 0);
    system.run([NOP, NOP, NOP], 1);
    system.engine.run(system.c.retired + 1);
    expect(reported(system)).toBe(8);
    expect(returnAddress(system)).toBe(1);
    expect(system.memory.read32(Number(system.c.gpr(4)) + 16) & (1 << 16)).toBe(0);
  });

  test("RF lets one instruction pass", () => {
    const system = create();
    breakOn(system, 0, CODE_BASE, 0, 0);
    system.c.s[S.FLAG_SYSTEM]! |= 1 << 16;
    system.run([NOP, NOP], 2);
    expect(system.c.rip).toBe(BigInt(CODE_BASE + 2));
    expect(system.c.s[S.FLAG_SYSTEM]! & (1 << 16)).toBe(0);
  });

  test("not behind MOV SS", () => {
    const system = create();
    breakOn(system, 0, CODE_BASE + 2, 0, 0);
    system.c.setGpr(0, 0x10n);
    system.run([0x8e, 0xd0, NOP, NOP], 3);
    expect(system.c.rip).toBe(BigInt(CODE_BASE + 4));
  });
});

describe("single steps", () => {
  const TRAPPED = 1 << 14;
  test.each([
    ["behind the instruction", [NOP, NOP], 1, 1, TRAPPED],
    ["MOV SS holds it back, and the one after it traps", [0x8e, 0xd0, NOP, NOP], 2, 3, TRAPPED],
    ["INT1 behind MOV SS reports no step", [0x8e, 0xd0, ICEBP], 2, 3, 0],
    ["INT n is not a step", [0xcd, 1], 1, 2, 0],
  ])("%s", (_name, code, count, behind, bits) => {
    const system = create();
    system.c.setGpr(0, 0x10n);
    system.c.s[S.FLAG_SYSTEM]! |= TF;
    system.run(code, count);
    system.engine.run(system.c.retired);
    expect(system.c.rip).toBe(BigInt(handlerOf(1)));
    expect(returnAddress(system)).toBe(behind);
    expect(reported(system)).toBe(bits);
  });

  test("with DEBUGCTL.BTF only taken branches are steps, and #DB clears the flag", () => {
    const system = create();
    system.c.s[S.FLAG_SYSTEM]! |= TF;
    storeMsr(system.c, MSRS.IA32_DEBUGCTL.address, 2n);
    system.run([NOP, NOP, 0xeb, 0x01, NOP, NOP], 3);
    system.engine.run(system.c.retired);
    expect(returnAddress(system)).toBe(5);
    expect(reported(system)).toBe(TRAPPED);
    expect(storedMsr(system.c, MSRS.IA32_DEBUGCTL.address)).toBe(0n);
  });
});

describe("a breakpoint met by MOV SS", () => {
  function loadStackSegment(next: readonly number[]): System {
    const system = create();
    system.memory.write64(DATA_AT, 0x10n);
    breakOn(system, 0, DATA_AT, 3, 1);
    system.run([0x8e, 0x13, ...next], 2);
    system.engine.run(system.c.retired);
    return system;
  }

  test("is reported behind the next instruction", () => {
    const system = loadStackSegment([NOP, NOP]);
    expect(returnAddress(system)).toBe(3);
    expect(reported(system)).toBe(1);
  });

  test("is INT1's own", () => {
    const system = loadStackSegment([ICEBP]);
    expect(returnAddress(system)).toBe(3);
    expect(reported(system)).toBe(1);
    expect(system.c.s[S.PENDING_DEBUG]).toBe(0);
  });

  test("is taken in front of INT3's handler", () => {
    const system = loadStackSegment([0xcc]);
    expect(system.c.rip).toBe(BigInt(handlerOf(1)));
    expect(returnAddress(system) + CODE_BASE).toBe(handlerOf(3));
  });
});

describe("I/O breakpoints", () => {
  test.each([
    [true, true],
    [false, false],
  ])("need CR4.DE: %s", (de, met) => {
    const system = create();
    if (de) system.c.s[S.CR4]! |= 8;
    breakOn(system, 0, 0x80, 2, 0);
    system.run([0xe6, 0x80, NOP], 1);
    system.engine.run(system.c.retired);
    expect(system.c.rip === BigInt(handlerOf(1))).toBe(met);
  });
});
