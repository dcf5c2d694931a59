import { describe, expect, test } from "vitest";
import { VECTOR_ENCODINGS } from "../../test/native/forms/vector-encodings.ts";
import { createSystem, type Mode, type System } from "../../test/system/processor-kit.ts";
import type { Instruction } from "../decode/instruction.ts";
import { readBy } from "../instruction-features.ts";
import { bochsIcelakeU } from "../models/bochs-icelake-u.ts";
import { CPU_MODELS } from "../models/index.ts";
import * as S from "../state-layout.ts";
import { VECTOR_INSTRUCTIONS } from "./index.ts";

const DATA = 0x40000;

/** Vector instructions of the opcode tables that we do not execute, by the feature that no model here has. */
const NOT_IMPLEMENTED: Readonly<Record<string, string>> = {
  sse4a: "movntss movntsd insertq extrq",
  aeskle: "loadiwkey aesenc128kl aesdec128kl aesenc256kl aesdec256kl",
  fma4: "vfmaddsubps vfmaddsubpd vfmsubaddps vfmsubaddpd vfmaddps vfmaddpd vfmaddss vfmaddsd vfmsubps vfmsubpd vfmsubss vfmsubsd vfnmaddps vfnmaddpd vfnmaddss vfnmaddsd vfnmsubps vfnmsubpd vfnmsubss vfnmsubsd",
  xop: "vpermil2ps vpermil2pd",
  "avx-ne-convert": "vcvtneps2bf16 vcvtneoph2ps vcvtneeph2ps vcvtneebf162ps vcvtneobf162ps vbcstnesh2ps vbcstnebf162ps",
  sha512: "vsha512rnds2 vsha512msg1 vsha512msg2",
  sm3: "vsm3msg1 vsm3msg2 vsm3rnds2",
  sm4: "vsm4key4 vsm4rnds4",
};

const LISTED = Object.values(NOT_IMPLEMENTED).flatMap((names) => names.split(" "));
/** 3DNow! instructions are told apart by what follows their operands. */
const DECODED = [
  ...new Set(VECTOR_ENCODINGS.filter(({ flags }) => !flags.includes("suffix")).map(({ mnemonic }) => mnemonic)),
];

function named(mnemonic: string): Instruction {
  return {
    mnemonic,
    length: 1,
    operandSize: 32,
    addressSize: 64,
    lock: false,
    repeat: "none",
    operands: [],
    modrmReg: -1,
    bytes: new Uint8Array(),
  };
}

describe("executors and decoder", () => {
  test("every vector mnemonic of the opcode tables has an executor or is listed", () => {
    expect(DECODED.length).toBeGreaterThan(600);
    expect(DECODED.filter((name) => VECTOR_INSTRUCTIONS[name] === undefined).sort()).toEqual(LISTED.toSorted());
  });

  test("no model has what is listed", () => {
    expect(LISTED.filter((name) => CPU_MODELS.some((model) => readBy(model, named(name), 64) !== undefined))).toEqual(
      [],
    );
  });
});

function prepared(mode: Mode = "long"): System {
  const system = createSystem(mode, bochsIcelakeU);
  system.c.s[S.XCR0] = 0xe7;
  system.c.s[S.CR4]! |= (1 << 9) | (1 << 18);
  system.c.setGpr(7, BigInt(DATA));
  system.c.s.fill(-1, S.VECTOR_REGISTERS, S.VECTOR_REGISTERS + 16 * 16);
  return system;
}

function execute(system: System, hex: string): void {
  system.run([...Buffer.from(hex.replaceAll(" ", ""), "hex"), 0x90], 1);
}

function register(system: System, index: number, words = 16): number[] {
  const at = S.VECTOR_REGISTERS + index * 16;
  return [...system.c.s.subarray(at, at + words)];
}

function words(ones: number): number[] {
  return Array.from({ length: 16 }, (_, n) => (n < ones ? -1 : 0));
}

describe("the upper part of a register", () => {
  test.each([
    ["stays under a legacy encoding", "66 0f ef c1", [0, 0, 0, 0, ...Array<number>(12).fill(-1)]],
    ["is cleared by VEX.128", "c5 f9 6f c1", words(4)],
    ["is cleared by VEX.256", "c5 fd 6f c1", words(8)],
    ["is cleared by VZEROUPPER", "c5 f8 77", words(4)],
    ["is cleared by VZEROALL", "c5 fc 77", words(0)],
    ["is cleared by a load of one element", "c5 fa 10 07", words(0)],
    ["is kept by PINSRW", "66 0f c4 c1 00", [-1, -1, -1, ...Array<number>(13).fill(-1)]],
  ])("%s", (_, hex, expected) => {
    const system = prepared();
    system.c.setGpr(1, 0xffffn);
    execute(system, hex);
    expect(register(system, 0)).toEqual(expected);
  });

  test("VZEROALL outside 64-bit mode reaches eight registers", () => {
    const system = prepared("protected");
    execute(system, "c5 fc 77");
    expect(register(system, 7)).toEqual(words(0));
    expect(register(system, 8)).toEqual(words(16));
  });

  test("lies where XSAVE finds it", () => {
    const system = prepared();
    for (let n = 0; n < 8; n++) system.memory.write32(DATA + 4 * n, n + 1);
    execute(system, "c5 fe 6f 0f");
    system.c.setGpr(0, 7n);
    system.c.setGpr(2, 0n);
    execute(system, "0f ae 27");
    expect(system.memory.read32(DATA + 160 + 16)).toBe(1);
    expect(system.memory.read32(DATA + 576 + 16)).toBe(5);
  });
});

/** FIPS 197's S-box as an affine transformation of inverses, row 0 of the matrix in the highest byte. */
const S_BOX_MATRIX = [0x1f3e7cf8, 0xf1e3c78f | 0] as const;

describe("Galois-field instructions", () => {
  const first = [0x03020100, 0x53521110, 0xff80fe7f | 0, 0x12345678];

  test("GF2P8AFFINEINVQB with the matrix of AES is what AESENCLAST substitutes", () => {
    const system = prepared();
    system.c.s.set(first, S.VECTOR_REGISTERS);
    system.c.s.set([...S_BOX_MATRIX, ...S_BOX_MATRIX], S.VECTOR_REGISTERS + 16);
    execute(system, "66 0f 3a cf c1 63");
    expect(register(system, 0, 2)).toEqual([0x7b777c63, 0xed0082ca | 0]);
  });

  test("GF2P8AFFINEQB with the unit matrix adds a constant", () => {
    const system = prepared();
    system.c.s.set(first, S.VECTOR_REGISTERS);
    const unit = [0x10204080, 0x01020408];
    system.c.s.set([...unit, ...unit], S.VECTOR_REGISTERS + 16);
    execute(system, "66 0f 3a ce c1 ff");
    expect(register(system, 0, 4)).toEqual(first.map((word) => ~word));
  });

  test("GF2P8MULB multiplies modulo the polynomial of AES", () => {
    const system = prepared();
    system.c.s.set([0x00800257, 0, 0, 0], S.VECTOR_REGISTERS);
    system.c.s.set([0xff028083 | 0, 0, 0, 0], S.VECTOR_REGISTERS + 16);
    execute(system, "66 0f 38 cf c1");
    expect(register(system, 0, 1)).toEqual([0x001b1bc1]);
  });
});
