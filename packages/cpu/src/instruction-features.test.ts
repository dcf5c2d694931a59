import { describe, expect, test } from "vitest";
import { createSystem, exceptionsOf, type Mode } from "../test/system/processor-kit.ts";
import { bochsIcelakeU } from "./models/bochs-icelake-u.ts";
import type { CpuModel } from "./models/model.ts";
import { nehalem } from "./models/nehalem.ts";
import { skylakeClient } from "./models/skylake-client.ts";

interface Outcome {
  readonly exception: string;
  readonly stop: string | undefined;
  readonly rax: bigint;
}

/** One instruction with RAX = RCX = F0H. */
function attempt(model: CpuModel, mode: Mode, hex: string): Outcome {
  const system = createSystem(mode, model);
  system.c.setGpr(0, 0xf0n);
  system.c.setGpr(1, 0xf0n);
  system.run([...Buffer.from(hex.replaceAll(" ", ""), "hex"), 0x90], 1);
  const stop = system.c.stop;
  return {
    exception: exceptionsOf(system)[0] ?? "none",
    stop: stop?.kind === "unimplemented" ? stop.what : stop?.kind,
    rax: system.c.gpr(0),
  };
}

const UNDEFINED = "6";
const NOT_DEFINED = { exception: UNDEFINED };

describe("an instruction whose feature the model lacks", () => {
  test.each([
    ["MOVBE on Nehalem", nehalem, "0f 38 f0 00"],
    ["ANDN on Nehalem", nehalem, "c4 e2 78 f2 c1"],
    ["ADCX on Nehalem", nehalem, "66 0f 38 f6 c1"],
    ["XSAVE on Nehalem", nehalem, "0f ae 20"],
    ["AESENC on Nehalem", nehalem, "66 0f 38 dc c1"],
    ["VADDPS on Nehalem", nehalem, "c5 f8 58 c1"],
    ["SHA1MSG1 on Skylake", skylakeClient, "0f 38 c9 c1"],
    ["RDPID on Skylake", skylakeClient, "f3 0f c7 f8"],
    ["an AVX-512 instruction on Skylake", skylakeClient, "62 f1 7c 48 58 c1"],
    ["AMD's CLZERO", skylakeClient, "0f 01 fc"],
    ["a 3DNow! instruction", skylakeClient, "0f 0f c1 9e"],
    ["AMD's VFMADDPD of four operands", skylakeClient, "c4 e3 f9 69 c1 10"],
    ["TILERELEASE", skylakeClient, "c4 e2 78 49 c0"],
    ["TDCALL", skylakeClient, "66 0f 01 cc"],
  ])("is undefined: %s", (_, model, hex) => {
    expect(attempt(model, "long", hex)).toMatchObject(NOT_DEFINED);
  });

  test.each([
    ["TZCNT is BSF", "f3 0f bc c1", 4n],
    ["LZCNT is BSR", "f3 0f bd c1", 7n],
    ["WBNOINVD is WBINVD", "f3 0f 09", 0xf0n],
  ])("is the older one of the same opcode: %s", (_, hex, rax) => {
    expect(attempt(nehalem, "long", hex)).toMatchObject({ exception: "none", rax });
  });

  test("and the newer one on a model that has it", () => {
    expect(attempt(skylakeClient, "long", "f3 0f bd c1").rax).toBe(24n);
  });
});

test("an instruction that the model has and we do not stops the run by name", () => {
  const bytes = "62 f1 7c 48 58 c1";
  expect(attempt(bochsIcelakeU, "long", bytes)).toMatchObject({ exception: "none", stop: "vaddps (EVEX)" });
});

describe("VEX prefixes", () => {
  test("are not recognized in real-address mode", () => {
    expect(attempt(skylakeClient, "real", "c4 e2 78 f2 c1")).toMatchObject(NOT_DEFINED);
    expect(attempt(skylakeClient, "protected", "c4 e2 78 f2 c1")).toMatchObject({ exception: "none", rax: 0n });
  });
});
