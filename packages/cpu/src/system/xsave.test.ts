import { describe, expect, test } from "vitest";
import {
  createSystem,
  enter,
  exceptionsOf,
  type System,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import * as S from "../state-layout.ts";

const AREA = 0x40000;
const XSAVE = [0x0f, 0xae, 0x27];
const XRSTOR = [0x0f, 0xae, 0x2f];
const XSAVEC = [0x0f, 0xc7, 0x27];
const XSAVES = [0x0f, 0xc7, 0x2f];
const XRSTORS = [0x0f, 0xc7, 0x1f];
const XSETBV = [0x0f, 0x01, 0xd1];

function systemWith(xcr0: bigint, mask: bigint): System {
  const system = createSystem("long");
  const { c } = system;
  c.set64(S.XCR0, xcr0);
  c.setGpr(0, mask & 0xffff_ffffn);
  c.setGpr(2, mask >> 32n);
  c.setGpr(7, BigInt(AREA));
  return system;
}

function xmm(system: System, register: number, words: readonly number[]): void {
  system.c.s.set(words, S.VECTOR_REGISTERS + register * 16);
}

describe("standard format", () => {
  test("xsave writes legacy region, header and AVX at its standard offset", () => {
    const system = systemWith(7n, 7n);
    xmm(system, 1, [1, 2, 3, 4, 5, 6, 7, 8]);
    system.run(XSAVE, 1);
    const { memory } = system;
    expect(memory.read32(AREA) & 0xffff).toBe(0x37f);
    expect(memory.read32(AREA + 24)).toBe(0x1f80);
    expect(memory.read32(AREA + 160 + 16)).toBe(1);
    expect(memory.read32(AREA + 576 + 16)).toBe(5);
    expect(memory.read64(AREA + 512)).toBe(6n);
    expect(memory.read64(AREA + 520)).toBe(0n);
  });

  test("xrstor initializes components that XSTATE_BV leaves out", () => {
    const system = systemWith(7n, 7n);
    xmm(system, 1, [1, 2, 3, 4, 5, 6, 7, 8]);
    system.memory.write32(AREA + 24, 0x1f80);
    system.memory.write64(AREA + 512, 2n);
    system.memory.write32(AREA + 160, 42);
    system.run(XRSTOR, 1);
    expect(Array.from(system.c.s.subarray(S.VECTOR_REGISTERS, S.VECTOR_REGISTERS + 2))).toEqual([42, 0]);
    expect(Array.from(system.c.s.subarray(S.VECTOR_REGISTERS + 16, S.VECTOR_REGISTERS + 24))).toEqual(Array(8).fill(0));
  });

  test.each([
    ["XSTATE_BV with a bit that XCR0 lacks", 512, 8n],
    ["XCOMP_BV that is not zero", 520, 4n],
    ["reserved MXCSR bits", 24, 1n << 16n],
  ])("xrstor refuses %s", (_, offset, value) => {
    const system = systemWith(7n, 7n);
    system.memory.write64(AREA + offset, value);
    system.run(XRSTOR, 1);
    expect(exceptionsOf(system)[0]).toBe("13:0");
  });
});

describe("compacted format", () => {
  test("xsavec packs what is requested and writes only what is in use", () => {
    const system = systemWith(0x1fn, 0x1cn);
    xmm(system, 0, [0, 0, 0, 0, 9]);
    system.c.s[S.EXTENDED_STATE + 32 + 1] = 77;
    system.run(XSAVEC, 1);
    const { memory } = system;
    // AVX takes 256 bytes from 576, BNDREGS 64 behind it, BNDCSR is initial and keeps its room.
    expect(memory.read32(AREA + 576)).toBe(9);
    expect(memory.read32(AREA + 832 + 4)).toBe(77);
    expect(memory.read64(AREA + 512)).toBe(0xcn);
    expect(memory.read64(AREA + 520)).toBe((1n << 63n) | 0x1cn);
  });

  test("xsaves and xrstors carry supervisor state of IA32_XSS", () => {
    const system = systemWith(7n, 0x107n);
    const { c, memory } = system;
    c.set64(S.XSS, 0x100n);
    c.s[S.EXTENDED_STATE + 64] = 0x55;
    system.run(XSAVES, 1);
    expect(memory.read64(AREA + 520)).toBe((1n << 63n) | 0x107n);
    expect(memory.read32(AREA + 832)).toBe(0x55);
    c.s[S.EXTENDED_STATE + 64] = 0;
    system.run(XRSTORS, 1);
    expect(c.s[S.EXTENDED_STATE + 64]).toBe(0x55);
  });

  test("xrstors refuses the standard format", () => {
    const system = systemWith(7n, 7n);
    system.run(XRSTORS, 1);
    expect(exceptionsOf(system)[0]).toBe("13:0");
  });
});

describe("faults come in order", () => {
  test.each([
    ["CR4.OSXSAVE clear", (s: System) => (s.c.s[S.CR4]! &= ~(1 << 18)), "6"],
    ["CR0.TS set", (s: System) => (s.c.s[S.CR0]! |= 8), "7"],
    ["a misaligned area", (s: System) => s.c.setGpr(7, BigInt(AREA + 16)), "13:0"],
    ["user mode", (s: System) => enter(s.c, USER_CODE64, USER_DATA), "13:0"],
  ])("xsaves with %s", (_, spoil, expected) => {
    const system = systemWith(7n, 7n);
    spoil(system);
    system.run(XSAVES, 1);
    expect(exceptionsOf(system)[0]).toBe(expected);
  });

  test.each([
    ["without x87", 2n, "13:0"],
    ["AVX without SSE", 5n, "13:0"],
    ["a component the model lacks", 0x207n, "13:0"],
    ["half of MPX", 0xfn, "13:0"],
    ["x87, SSE and AVX", 7n, "done"],
  ])("xsetbv %s", (_, value, expected) => {
    const system = systemWith(1n, value);
    system.c.setGpr(1, 0n);
    system.run([...XSETBV, 0x90], 1);
    expect(exceptionsOf(system)[0] ?? "done").toBe(expected);
  });
});

test("fxsave needs 16-byte alignment and keeps the last 96 bytes", () => {
  const system = systemWith(1n, 0n);
  system.memory.write32(AREA + 416, 123);
  xmm(system, 15, [8, 8, 8, 8]);
  system.run([0x0f, 0xae, 0x07], 1);
  expect([system.memory.read32(AREA + 400), system.memory.read32(AREA + 416)]).toEqual([8, 123]);
  system.c.setGpr(7, BigInt(AREA + 8));
  system.run([0x0f, 0xae, 0x07], 1);
  expect(exceptionsOf(system)[0]).toBe("13:0");
});
