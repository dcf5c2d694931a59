import { MSRS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  createSystem,
  exceptionsOf,
  handlerOf,
  PAGE_TABLES,
  STACK_TOP,
  type System,
  setGate64,
} from "../../test/system/processor-kit.ts";
import { sapphireRapids } from "../models/sapphire-rapids.ts";
import * as S from "../state-layout.ts";
import { storedMsr, storeMsr } from "../system/msr-storage.ts";
import { ENDBR_EN, NO_TRACK_EN, SH_STK_EN, SUPPRESS, TRACKER, WR_SHSTK_EN } from "./cet-state.ts";

const CR4_CET = 1 << 23;
const CR0_WP = 1 << 16;
const S_CET = MSRS.IA32_S_CET.address;
/** A page of 2 MiB that is dirty and read-only: a supervisor's shadow stack. */
const SHADOW = 0x40_0000;
const SHADOW_TOP = SHADOW + 0x1000;
const SHADOW_ENTRY = BigInt(SHADOW) | 0xe1n;
const TARGET = CODE_BASE + 0x200;
const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
const ENDBR32 = [0xf3, 0x0f, 0x1e, 0xfb];

function createEnforced(control: number): System {
  const system = createSystem("long", sapphireRapids);
  const { c, memory } = system;
  c.s[S.CR0]! |= CR0_WP;
  c.s[S.CR4]! |= CR4_CET;
  storeMsr(c, S_CET, BigInt(control));
  memory.write64(PAGE_TABLES + 0x2010, SHADOW_ENTRY);
  c.set64(S.SSP, BigInt(SHADOW_TOP));
  for (const vector of [6, 13, 14, 21]) setGate64(memory, vector);
  c.translationChanged();
  return system;
}

const relative = (from: number, to: number): number[] => [0, 8, 16, 24].map((shift) => ((to - from) >> shift) & 0xff);
/** call TARGET, at the start of the code */
const CALL = [0xe8, ...relative(CODE_BASE + 5, TARGET)];

describe("the shadow stack", () => {
  test("a call pushes its return address there too, and a return takes it off", () => {
    const system = createEnforced(SH_STK_EN);
    const { c, memory } = system;
    memory.writeBytes(TARGET, Uint8Array.from([0xc3]));
    system.run(CALL, 1);
    expect([c.get64(S.SSP), memory.read64(SHADOW_TOP - 8)]).toEqual([BigInt(SHADOW_TOP - 8), BigInt(CODE_BASE + 5)]);
    system.engine.run(c.retired + 1);
    expect([c.get64(S.SSP), c.rip, exceptionsOf(system)]).toEqual([BigInt(SHADOW_TOP), BigInt(CODE_BASE + 5), []]);
  });

  test("a return to another address is #CP(1) and changes nothing", () => {
    const system = createEnforced(SH_STK_EN);
    const { c, memory } = system;
    // inc qword [rsp]; ret
    memory.writeBytes(TARGET, Uint8Array.from([0x48, 0xff, 0x04, 0x24, 0xc3]));
    system.run(CALL, 3);
    expect(exceptionsOf(system)).toEqual(["21:1"]);
    // The frame of the exception names the return, and the stack as it found it.
    const frame = Number(c.gpr(4));
    expect([memory.read64(frame + 8), memory.read64(frame + 32)]).toEqual([BigInt(TARGET + 4), BigInt(STACK_TOP - 8)]);
  });

  test("call to the next instruction pushes nothing", () => {
    const system = createEnforced(SH_STK_EN);
    system.run([0xe8, 0, 0, 0, 0], 1);
    expect(system.c.get64(S.SSP)).toBe(BigInt(SHADOW_TOP));
  });

  test("ordinary stores cannot reach its page", () => {
    const system = createEnforced(SH_STK_EN);
    system.c.setGpr(3, BigInt(SHADOW));
    system.run([0x89, 0x03], 1);
    expect(exceptionsOf(system)).toEqual(["14:3"]);
  });

  test.each([
    ["writable page", 0xe3n, 0x43],
    ["clean page", 0xa1n, 0x43],
    ["user page", 0xe5n, 0x43],
    ["page that is not there", 0n, 0x42],
  ])("it cannot lie in a %s", (_, bits, errorCode) => {
    const system = createEnforced(SH_STK_EN);
    system.memory.write64(PAGE_TABLES + 0x2010, bits === 0n ? 0n : BigInt(SHADOW) | bits);
    system.run(CALL, 1);
    expect(exceptionsOf(system)[0]).toBe(`14:${errorCode}`);
  });

  test("RDSSP reads the pointer, and is a NOP without a shadow stack", () => {
    const read = (control: number): bigint => {
      const system = createEnforced(control);
      system.c.setGpr(3, 5n);
      // rdsspq rbx
      system.run([0xf3, 0x48, 0x0f, 0x1e, 0xcb], 1);
      return system.c.gpr(3);
    };
    expect([read(SH_STK_EN), read(0)]).toEqual([BigInt(SHADOW_TOP), 5n]);
  });

  test("INCSSPQ pops as many elements as the low byte says", () => {
    const system = createEnforced(SH_STK_EN);
    system.c.setGpr(3, 0x1003n);
    // incsspq rbx
    system.run([0xf3, 0x48, 0x0f, 0xae, 0xeb], 1);
    expect(system.c.get64(S.SSP)).toBe(BigInt(SHADOW_TOP + 24));
  });

  test.each([
    ["WRSS where it is enabled", SH_STK_EN | WR_SHSTK_EN, SHADOW, "done"],
    ["WRSS where it is not", SH_STK_EN, SHADOW, "6"],
    ["WRSS to an ordinary page", SH_STK_EN | WR_SHSTK_EN, 0x20_0000, "14:67"],
    ["WRSS to a place that is not aligned", SH_STK_EN | WR_SHSTK_EN, SHADOW + 4, "13:0"],
  ])("%s", (_, control, address, expected) => {
    const system = createEnforced(control);
    system.c.setGpr(3, BigInt(address));
    system.c.setGpr(0, 0x1122_3344_5566_7788n);
    // wrssq [rbx], rax
    system.run([0x48, 0x0f, 0x38, 0xf6, 0x03], 1);
    expect(exceptionsOf(system)[0] ?? "done").toBe(expected);
    if (expected === "done") expect(system.memory.read64(address)).toBe(0x1122_3344_5566_7788n);
  });

  test("RSTORSSP and SAVEPREVSSP go to another stack and leave a token to come back with", () => {
    const system = createEnforced(SH_STK_EN);
    const { c, memory } = system;
    const other = SHADOW + 0x800;
    // A restore token of 64-bit mode: the address behind it, with bit 0.
    memory.write64(other, BigInt(other + 8) | 1n);
    c.setGpr(3, BigInt(other));
    // rstorssp [rbx]; saveprevssp
    system.run([0xf3, 0x0f, 0x01, 0x2b, 0xf3, 0x0f, 0x01, 0xea], 1);
    expect([c.get64(S.SSP), memory.read64(other)]).toEqual([BigInt(other), BigInt(SHADOW_TOP) | 3n]);
    system.engine.run(c.retired + 1);
    expect([c.get64(S.SSP), memory.read64(SHADOW_TOP - 8)]).toEqual([BigInt(other + 8), BigInt(SHADOW_TOP) | 1n]);
    expect(exceptionsOf(system)).toEqual([]);
  });

  test("RSTORSSP of what is no token is #CP(4)", () => {
    const system = createEnforced(SH_STK_EN);
    system.c.setGpr(3, BigInt(SHADOW + 0x800));
    system.run([0xf3, 0x0f, 0x01, 0x2b], 1);
    expect(exceptionsOf(system)).toEqual(["21:4"]);
  });

  test("SETSSBSY takes the stack of IA32_PL0_SSP once, CLRSSBSY gives it back", () => {
    const system = createEnforced(SH_STK_EN);
    const { c, memory } = system;
    const token = SHADOW + 0x900;
    storeMsr(c, MSRS.IA32_PL0_SSP.address, BigInt(token));
    memory.write64(token, BigInt(token));
    c.setGpr(3, BigInt(token));
    const [take, give] = [
      [0xf3, 0x0f, 0x01, 0xe8],
      [0xf3, 0x0f, 0xae, 0x33],
    ];
    system.run([...take, ...give, ...take, ...take], 1);
    expect([c.get64(S.SSP), memory.read64(token)]).toEqual([BigInt(token), BigInt(token) | 1n]);
    system.engine.run(c.retired + 1);
    expect([c.get64(S.SSP), memory.read64(token)]).toEqual([0n, BigInt(token)]);
    system.engine.run(c.retired + 2);
    expect(exceptionsOf(system)).toEqual(["21:5"]);
  });

  test("an interrupt of the same level keeps CS, RIP and the pointer there, and IRET compares them", () => {
    const system = createEnforced(SH_STK_EN);
    const { c, memory } = system;
    setGate64(memory, 0x30);
    // int 0x30, to iretq
    memory.writeBytes(handlerOf(0x30), Uint8Array.from([0x48, 0xcf]));
    system.run([0xcd, 0x30, 0x90], 1);
    const words = [0, 8, 16].map((offset) => memory.read64(SHADOW_TOP - 24 + offset));
    expect(words).toEqual([BigInt(SHADOW_TOP), BigInt(CODE_BASE + 2), 8n]);
    memory.write64(SHADOW_TOP - 16, 0n);
    system.engine.run(c.retired + 1);
    expect(exceptionsOf(system).at(-1)).toBe("21:2");
  });
});

describe("indirect branch tracking", () => {
  /** Runs code and then what is at TARGET. */
  function branch(control: number, code: readonly number[], target: readonly number[], steps = 2): System {
    const system = createEnforced(control);
    system.memory.writeBytes(TARGET, Uint8Array.from([...target, 0x90]));
    system.c.setGpr(3, BigInt(TARGET));
    system.run(code, steps);
    return system;
  }
  const JUMP = [0xff, 0xe3];
  const NOTRACK_JUMP = [0x3e, 0xff, 0xe3];

  test.each([
    ["an indirect JMP to ENDBR64", ENDBR_EN, JUMP, ENDBR64, "done"],
    ["an indirect JMP to anything else", ENDBR_EN, JUMP, [0x90], "21:3"],
    ["an indirect JMP to ENDBR32 in 64-bit mode", ENDBR_EN, JUMP, ENDBR32, "21:3"],
    ["an indirect JMP to INT3, a debugger's place", ENDBR_EN, JUMP, [0xcc], "3"],
    ["an indirect CALL to anything else", ENDBR_EN, [0xff, 0xd3], [0x90], "21:3"],
    ["a direct JMP to anything", ENDBR_EN, [0xe9, ...relative(CODE_BASE + 5, TARGET)], [0x90], "done"],
    ["JMP with the NOTRACK prefix where that is enabled", ENDBR_EN | NO_TRACK_EN, NOTRACK_JUMP, [0x90], "done"],
    ["JMP with the NOTRACK prefix where it is not", ENDBR_EN, NOTRACK_JUMP, [0x90], "21:3"],
    ["an indirect JMP while tracking is suppressed", ENDBR_EN | SUPPRESS, JUMP, [0x90], "done"],
    ["an indirect JMP without tracking", 0, JUMP, [0x90], "done"],
  ])("%s", (_, control, code, target, expected) => {
    expect(exceptionsOf(branch(control, code, target))[0] ?? "done").toBe(expected);
  });

  test("IA32_S_CET.TRACKER is set between the branch and its target, and ENDBR64 clears it", () => {
    const tracker = (steps: number): bigint =>
      storedMsr(branch(ENDBR_EN, JUMP, ENDBR64, steps).c, S_CET) & BigInt(TRACKER);
    expect([tracker(1), tracker(2)]).toEqual([BigInt(TRACKER), 0n]);
  });
});
