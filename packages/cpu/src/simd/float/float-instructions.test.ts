import { describe, expect, test } from "vitest";
import { CODE_BASE, createSystem, exceptionsOf, type System } from "../../../test/system/processor-kit.ts";
import { OPCODES_0F3A } from "../../decode/0f3a-table.ts";
import { TWO_BYTE_OPCODES } from "../../decode/two-byte-table.ts";
import { VEX_OPCODES } from "../../decode/vex-table.ts";
import * as S from "../../state-layout.ts";
import { CR0_TS, CR4_OSXMMEXCPT } from "../../system/control-bits.ts";
import { MXCSR_WORD } from "../../system/xsave-components.ts";
import { VECTOR_INSTRUCTIONS } from "../index.ts";
import { FLOAT_INSTRUCTIONS } from "./index.ts";

const XMM0 = S.VECTOR_REGISTERS;
const XMM1 = S.VECTOR_REGISTERS + 16;
const ONE = 0x3f800000;
const SNAN = 0x7f800001;
const ALL_MASKED = 0x1f80;
const ZERO_DIVIDE_UNMASKED = 0x1d80;
const INVALID_UNMASKED = 0x1f00;
const PRECISION_UNMASKED = 0x0f80;

const DIVPS = [0x0f, 0x5e, 0xc1];
const ADDPS = [0x0f, 0x58, 0xc1];
const VADDPS = [0xc5, 0xf8, 0x58, 0xc1];

function withVectors(mxcsr: number, first: readonly number[], second: readonly number[]): System {
  const system = createSystem("long");
  system.c.s.set(first, XMM0);
  system.c.s.set(second, XMM1);
  system.c.s[MXCSR_WORD] = mxcsr;
  system.c.s[S.XCR0] = 7;
  return system;
}

function execute(system: System, code: readonly number[]): string {
  system.run([...code, 0x90], 1);
  return exceptionsOf(system)[0] ?? "done";
}

function destination(system: System): number[] {
  return [...system.c.s.subarray(XMM0, XMM0 + 4)];
}

describe("SIMD floating-point exceptions", () => {
  const first = [ONE, ONE, ONE, ONE];
  const second = [ONE, 0, ONE, 3];

  test.each([
    ["#XM if the system is ready for it", CR4_OSXMMEXCPT, "19"],
    ["#UD otherwise", 0, "6"],
  ])("unmasked, they are %s, and nothing is written", (_, cr4, expected) => {
    const system = withVectors(ZERO_DIVIDE_UNMASKED, first, second);
    system.c.s[S.CR4]! |= cr4;
    expect(execute(system, DIVPS)).toBe(expected);
    expect(destination(system)).toEqual(first);
    // The denormal in another element is found as early as the division by zero; that quotient's overflow is never computed.
    expect(system.c.s[MXCSR_WORD]).toBe(ZERO_DIVIDE_UNMASKED | 4 | 2);
  });

  test("masked, each element has its response and all of them their flags", () => {
    const system = withVectors(ALL_MASKED, [ONE, ONE, SNAN, ONE], second);
    expect(execute(system, DIVPS)).toBe("done");
    expect(destination(system)).toEqual([ONE, 0x7f800000, 0x7fc00001, 0x7f800000]);
    expect(system.c.s[MXCSR_WORD]).toBe(ALL_MASKED | 1 | 2 | 4 | 8 | 0x20);
  });

  test("an unmasked one that needs no result hides those that need one", () => {
    const system = withVectors(INVALID_UNMASKED, [ONE, ONE, SNAN, ONE], [ONE, 0x33000000, ONE, ONE]);
    execute(system, ADDPS);
    expect(system.c.s[MXCSR_WORD]).toBe(INVALID_UNMASKED | 1);
  });

  test("an unmasked one that needs a result hides none", () => {
    const system = withVectors(PRECISION_UNMASKED, [ONE, ONE, SNAN, ONE], [ONE, 0x33000000, ONE, ONE]);
    execute(system, ADDPS);
    expect(destination(system)).toEqual([ONE, ONE, SNAN, ONE]);
    expect(system.c.s[MXCSR_WORD]).toBe(PRECISION_UNMASKED | 0x21);
  });

  test("rounding by an instruction's immediate ends with it", () => {
    const system = withVectors(ALL_MASKED, [0, 0, 0, 0], [0x40200000, 0, 0, 0]);
    // ROUNDSS up; CVTSS2SI to nearest: 2.5 becomes 3, then 2.
    system.run([0x66, 0x0f, 0x3a, 0x0a, 0xc1, 0x02, 0xf3, 0x0f, 0x2d, 0xc1, 0x90], 2);
    expect(destination(system)[0]).toBe(0x40400000);
    expect(system.c.gpr(0)).toBe(2n);
  });
});

describe("availability of floating-point instructions", () => {
  test.each([
    ["CR0.TS", S.CR0, CR0_TS, VADDPS, "7"],
    ["CR0.TS", S.CR0, CR0_TS, ADDPS, "7"],
    ["CR0.EM", S.CR0, 4, ADDPS, "6"],
    ["CR0.EM, which VEX does not look at", S.CR0, 4, VADDPS, "done"],
  ])("%s", (_, word, bit, code, expected) => {
    const system = withVectors(ALL_MASKED, [ONE, ONE, ONE, ONE], [ONE, ONE, ONE, ONE]);
    system.c.s[word]! |= bit;
    expect(execute(system, code)).toBe(expected);
    expect(system.c.rip).toBe(BigInt(CODE_BASE + (expected === "done" ? code.length : 0)));
  });

  test("VEX without AVX state in XCR0", () => {
    const system = withVectors(ALL_MASKED, [ONE, ONE, ONE, ONE], [ONE, ONE, ONE, ONE]);
    system.c.s[S.XCR0] = 3;
    expect(execute(system, VADDPS)).toBe("6");
  });
});

/** Mnemonics of a table's text that are floating-point arithmetic, comparisons or conversions of SSE, AVX, FMA and F16C. */
const FLOATING =
  /\bv?(?:(?:add|sub|mul|div|min|max|sqrt|rcp|rsqrt|cmp|addsub|hadd|hsub|dp|round|u?comi)(?:[ps]s|[ps]d(?:\.x)?)|cvtt?(?!ne)\w+2\w+|fn?m(?:add|sub|addsub|subadd)\d{3}[ps][sd])\b/g;

function namesIn(table: unknown): string[] {
  return JSON.stringify(table).match(FLOATING) ?? [];
}

describe("executors and decoder", () => {
  const decoded = new Set(namesIn([TWO_BYTE_OPCODES, OPCODES_0F3A, VEX_OPCODES]));

  test("every floating-point mnemonic of the opcode tables has an executor", () => {
    expect(decoded.size).toBeGreaterThan(200);
    expect([...decoded].filter((name) => VECTOR_INSTRUCTIONS[name] === undefined)).toEqual([]);
  });

  test("every executor has a mnemonic in the opcode tables", () => {
    expect(Object.keys(FLOAT_INSTRUCTIONS).filter((name) => !decoded.has(name))).toEqual([]);
  });
});
