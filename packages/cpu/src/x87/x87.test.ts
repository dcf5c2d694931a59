import { describe, expect, test } from "vitest";
import { createSystem, exceptionsOf, type Mode, type System, setSegment } from "../../test/system/processor-kit.ts";
import { nehalem } from "../models/nehalem.ts";
import { skylakeClient } from "../models/skylake-client.ts";
import * as S from "../state-layout.ts";

/* What the comparison with a real processor (test/native) cannot show: control registers, other modes, models. */

const AREA = 0x4000;
const FLD1 = [0xd9, 0xe8];
const FLDZ = [0xd9, 0xee];
const FDIVP = [0xde, 0xf9];
const FNSTENV = 0xd9;
const WAIT = [0x9b];
const FXSAVE = [0x0f, 0xae, 0x07];
const FXRSTOR = [0x0f, 0xae, 0x0f];

function system(mode: Mode, model = skylakeClient): System {
  const made = createSystem(mode, model);
  made.c.setGpr(7, BigInt(AREA));
  return made;
}

function setControl(made: System, bits: number): void {
  made.c.s[S.CR0]! |= bits;
  made.c.translationChanged();
}

describe("availability", () => {
  const EM = 4;
  const TS = 8;
  const MP = 2;
  test.each([
    ["fld1", FLD1, EM, ["7"]],
    ["fld1", FLD1, TS, ["7"]],
    ["fnstsw", [0xdf, 0xe0], TS, ["7"]],
    ["fninit", [0xdb, 0xe3], EM, ["7"]],
    ["wait", WAIT, TS, []],
    ["wait", WAIT, MP, []],
    ["wait", WAIT, EM, []],
    ["wait", WAIT, MP | TS, ["7"]],
  ] as const)("%s %j with CR0 bits %i: exceptions %j", (_, code, bits, exceptions) => {
    const made = system("long");
    setControl(made, bits);
    made.run([...code], 1);
    expect(exceptionsOf(made).slice(0, 1)).toEqual(exceptions);
  });
});

describe("pending exceptions", () => {
  const divideByZero = [...FLD1, ...FLDZ, ...FDIVP];
  const SET_CONTROL = 4;

  function withPending(mode: Mode): System {
    const made = system(mode);
    made.memory.write32(AREA, 0x340);
    made.run([0xd9, 0x2f, ...divideByZero], SET_CONTROL);
    return made;
  }

  test("the faulting instruction completes and leaves its operands", () => {
    const { c } = withPending("long");
    expect(c.s[S.X87_STATE]! >>> 16).toBe(0xb084);
    expect(c.s[S.X87_STATE + 10]! & 0xffff).toBe(0);
    expect(c.s[S.X87_STATE + 14]! & 0xffff).toBe(0x3fff);
  });

  test.each([
    ["fld1", FLD1],
    ["wait", WAIT],
    ["fldcw", [0xd9, 0x2f]],
  ])("%s reports them", (_, code) => {
    const made = withPending("long");
    made.run([...code], 1);
    expect(exceptionsOf(made).slice(0, 1)).toEqual(["16"]);
  });

  test.each([
    ["fnclex", [0xdb, 0xe2]],
    ["fninit", [0xdb, 0xe3]],
    ["fnstcw", [0xd9, 0x3f]],
    ["fnsave", [0xdd, 0x37]],
  ])("%s does not", (_, code) => {
    const made = withPending("long");
    made.run([...code], 1);
    expect(exceptionsOf(made)).toEqual([]);
  });

  test("without CR0.NE they would go out as an interrupt, which is not simulated: the run stops", () => {
    const made = withPending("long");
    made.c.s[S.CR0]! &= ~0x20;
    made.run(WAIT, 1);
    expect(made.c.stop).toMatchObject({ kind: "unimplemented" });
  });
});

describe("environment of real mode", () => {
  const CODE_PARAGRAPH = 0x123;
  const DATA_PARAGRAPH = 0x234;

  /** FLD of a memory operand, then FNSTENV with or without an operand-size prefix. */
  function environment(prefix: readonly number[]): DataView {
    const made = system("real", nehalem);
    const { c } = made;
    setSegment(c, S.CS, CODE_PARAGRAPH, 0x93, CODE_PARAGRAPH * 16, 0xffff);
    setSegment(c, S.DS, DATA_PARAGRAPH, 0x93, DATA_PARAGRAPH * 16, 0xffff);
    c.setGpr(3, 0x678n);
    c.translationChanged();
    made.run([0xd9, 0x07, ...prefix, FNSTENV, 0x37], 2);
    return new DataView(made.memory.readBytes(DATA_PARAGRAPH * 16 + 0x678, 28).buffer);
  }

  const instruction = CODE_PARAGRAPH * 16 + 0x1000;

  test("16-bit format", () => {
    const made = environment([]);
    expect(made.getUint16(0, true)).toBe(0x37f);
    expect(made.getUint16(6, true)).toBe(instruction & 0xffff);
    expect(made.getUint16(8, true) >> 12).toBe(instruction >> 16);
    expect(made.getUint16(12, true) >> 12).toBe(0);
  });

  test("32-bit format", () => {
    const made = environment([0x66]);
    expect(made.getUint32(0, true)).toBe(0xffff037f);
    expect(made.getUint32(12, true)).toBe((0xffff0000 | instruction) >>> 0);
  });
});

describe("pointers in FXSAVE", () => {
  const SELECTOR = 0x08;
  test.each([
    ["64-bit pointers with REX.W", nehalem, [0x48], 0],
    ["selectors without", nehalem, [], SELECTOR],
    ["selectors that the model keeps as zero", skylakeClient, [], 0],
  ])("%s", (_, model, prefix, selector) => {
    const made = system("long", model);
    const at = Number(made.c.rip);
    made.run([0xd9, 0x07, ...prefix, ...FXSAVE], 2);
    expect(made.memory.read32(AREA + 8)).toBe(at);
    expect(made.memory.read32(AREA + 12)).toBe(selector);
    expect(made.memory.read32(AREA + 16)).toBe(AREA);
  });

  test("come back through FXRSTOR", () => {
    const made = system("long", nehalem);
    made.memory.write32(AREA + 8, 0x12345678);
    made.memory.write32(AREA + 12, 0x33);
    made.run([...FXRSTOR, 0x48, ...FXSAVE], 2);
    expect(made.memory.read64(AREA + 8)).toBe(0x12345678n);
    made.run(FXSAVE, 1);
    expect(made.memory.read32(AREA + 12)).toBe(0x33);
  });

  test("FXRSTOR derives the summary and sets the bit of the control word that is always set", () => {
    const made = system("long");
    made.memory.write32(AREA, 0x0004_0300);
    made.run([...FXRSTOR, ...FXSAVE], 2);
    expect(made.memory.read32(AREA) >>> 0).toBe(0x8084_0340);
  });
});
