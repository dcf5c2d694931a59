import { describe, expect, test } from "vitest";
import { createSystem, exceptionsOf, type Mode, type System } from "../../test/system/processor-kit.ts";
import { icelakeServer } from "../models/icelake-server.ts";
import * as S from "../state-layout.ts";
import { CR0_EM, CR0_NE, CR0_TS, CR4_OSFXSR, CR4_OSXSAVE } from "../system/control-bits.ts";

const DATA = 0x40000;
const UNAVAILABLE = "7";
const UNDEFINED = "6";
const GENERAL_PROTECTION = "13:0";
const FSW_PENDING = 0x8081 << 16;

function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex.replaceAll(" ", ""), "hex")];
}

function prepared(mode: Mode = "long"): System {
  const system = createSystem(mode, icelakeServer);
  system.c.s[S.XCR0] = 7;
  system.c.s[S.CR4]! |= CR4_OSFXSR | CR4_OSXSAVE;
  return system;
}

/** The exception of one instruction, or "done". */
function attempt(system: System, hex: string): string {
  system.run([...bytesOf(hex), 0x90], 1);
  return exceptionsOf(system)[0] ?? "done";
}

describe("a memory operand at an odd address, with RDI", () => {
  const at = (hex: string, address: bigint) => {
    const system = prepared();
    system.c.setGpr(7, address);
    return attempt(system, hex);
  };

  test.each([
    ["MOVAPS", "0f 28 07"],
    ["MOVAPS to memory", "0f 29 07"],
    ["MOVNTDQ", "66 0f e7 07"],
    ["PADDD", "66 0f fe 07"],
    ["PSHUFD", "66 0f 70 07 00"],
    ["PSLLW by a count in memory", "66 0f f1 07"],
    ["AESENC", "66 0f 38 dc 07"],
    ["SHA1NEXTE", "0f 38 c8 07"],
    ["PCLMULQDQ", "66 0f 3a 44 07 00"],
    ["VMOVDQA", "c5 f9 6f 07"],
    ["VMOVNTPS to memory", "c5 f8 2b 07"],
  ])("must be aligned for %s", (_, hex) => {
    expect(at(hex, BigInt(DATA + 8))).toBe(GENERAL_PROTECTION);
    expect(at(hex, BigInt(DATA))).toBe("done");
  });

  test.each([
    ["MOVUPS", "0f 10 07"],
    ["MOVDQU to memory", "f3 0f 7f 07"],
    ["LDDQU", "f2 0f f0 07"],
    ["MOVQ", "f3 0f 7e 07"],
    ["MOVHPS", "0f 16 07"],
    ["PMOVZXBW", "66 0f 38 30 07"],
    ["PCMPISTRI", "66 0f 3a 63 07 00"],
    ["PADDD of MMX registers", "0f fe 07"],
    ["VPADDD", "c5 f9 fe 07"],
    ["VAESENC", "c4 e2 79 dc 07"],
  ])("may lie anywhere for %s", (_, hex) => {
    expect(at(hex, BigInt(DATA + 1))).toBe("done");
  });

  test("is aligned to 32 bytes for VMOVAPS of YMM registers", () => {
    expect(at("c5 fc 28 07", BigInt(DATA + 16))).toBe(GENERAL_PROTECTION);
    expect(at("c5 fc 28 07", BigInt(DATA + 32))).toBe("done");
  });
});

describe("what the state of the processor forbids", () => {
  const SSE = "66 0f ef c1";
  const AVX = "c5 f1 ef c1";
  const MMX = "0f ef c1";
  const MIXED = "f2 0f d6 c1";
  const change = (word: number, set: number, clear: number) => (system: System) => {
    system.c.s[word] = (system.c.s[word]! | set) & ~clear;
  };
  const emulated = change(S.CR0, CR0_EM, 0);
  const switched = change(S.CR0, CR0_TS, 0);
  const withoutSse = change(S.CR4, 0, CR4_OSFXSR);
  const withoutXsave = change(S.CR4, 0, CR4_OSXSAVE);
  const withoutAvx = change(S.XCR0, 0, 4);
  const pending = change(S.X87_STATE, FSW_PENDING, 0);

  test.each([
    ["SSE with CR0.EM", SSE, [emulated], UNDEFINED],
    ["SSE with CR0.TS", SSE, [switched], UNAVAILABLE],
    ["SSE without CR4.OSFXSR", SSE, [withoutSse], UNDEFINED],
    ["SSE with both", SSE, [withoutSse, switched], UNDEFINED],
    ["SSE without AVX state", SSE, [withoutXsave, withoutAvx], "done"],
    ["SSE with an x87 exception pending", SSE, [pending], "done"],
    ["AVX with CR0.EM and without CR4.OSFXSR", AVX, [emulated, withoutSse], "done"],
    ["AVX with CR0.TS", AVX, [switched], UNAVAILABLE],
    ["AVX without CR4.OSXSAVE", AVX, [withoutXsave, switched], UNDEFINED],
    ["AVX without AVX state", AVX, [withoutAvx], UNDEFINED],
    ["MMX with CR0.EM", MMX, [emulated], UNDEFINED],
    ["MMX with CR0.TS", MMX, [switched, pending], UNAVAILABLE],
    ["MMX with an x87 exception pending", MMX, [change(S.CR0, CR0_NE, 0), pending], "16"],
    ["MMX without CR4.OSFXSR", MMX, [withoutSse], "done"],
    ["MMX and SSE without CR4.OSFXSR", MIXED, [withoutSse], UNDEFINED],
    ["MMX and SSE with an x87 exception pending", MIXED, [change(S.CR0, CR0_NE, 0), pending], "16"],
  ])("%s", (_, hex, changes, expected) => {
    const system = prepared();
    for (const apply of changes) apply(system);
    expect(attempt(system, hex)).toBe(expected);
  });

  test("an x87 exception that goes by FERR# stops the run", () => {
    const system = prepared();
    change(S.CR0, 0, CR0_NE)(system);
    pending(system);
    attempt(system, MMX);
    expect(system.c.stop).toMatchObject({ kind: "unimplemented", what: expect.stringContaining("FERR#") });
  });
});

describe("memory", () => {
  test("a non-canonical stack address is a stack fault", () => {
    const system = prepared();
    system.c.setGpr(5, 0x8000_0000_0000_0000n);
    expect(attempt(system, "c5 f8 28 45 00")).toBe("12:0");
  });

  test("all bytes must lie within the segment's limit", () => {
    const system = prepared("protected");
    system.c.s[S.SEGMENTS + S.DS * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT] = DATA + 14;
    system.c.setGpr(7, BigInt(DATA));
    expect(attempt(system, "0f 10 07")).toBe(GENERAL_PROTECTION);
  });

  test("a masked store asks for chosen elements only", () => {
    const system = prepared("protected");
    system.c.s[S.SEGMENTS + S.DS * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT] = DATA + 7;
    system.c.setGpr(7, BigInt(DATA));
    system.c.s.set([-1, -1, 0, 0], S.VECTOR_REGISTERS);
    system.c.s.set([11, 22, 33, 44], S.VECTOR_REGISTERS + 16);
    expect(attempt(system, "c4 e2 79 2e 0f")).toBe("done");
    expect(system.memory.read32(DATA + 4)).toBe(22);
    expect(system.memory.read32(DATA + 8)).toBe(0);
  });
});
