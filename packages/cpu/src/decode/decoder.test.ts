import { describe, expect, test } from "vitest";
import { decode } from "./decoder.ts";
import type { CodeBits, DecodeResult, Instruction } from "./instruction.ts";
import { compileEntry } from "./opcode-notation.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));
}

function decodeHex(hex: string, bits: CodeBits = 64): DecodeResult {
  const bytes = bytesOf(hex);
  return decode(bytes, 0, bytes.length, bits);
}

function instructionOf(hex: string, bits: CodeBits = 64): Instruction {
  const result = decodeHex(hex, bits);
  if (result.kind !== "instruction") throw new Error(`${hex} is ${result.kind}`);
  return result.instruction;
}

describe("decode reports why bytes are no instruction", () => {
  test.each([
    ["an opcode that 64-bit mode removed", "06", "undefined"],
    ["LEA of a register", "8d c0", "undefined"],
    ["MOV to CS", "8e c8", "undefined"],
    ["MOV from segment register 6", "8c f0", "undefined"],
    ["MOV from CR1", "0f 20 c8", "undefined"],
    ["LOCK before a register destination", "f0 01 c0", "undefined"],
    ["LOCK before CMP", "f0 39 00", "undefined"],
    ["VEX after REX", "48 c5 f8 77", "undefined"],
    ["a gather that uses one register twice", "c4 e2 69 90 14 88", "undefined"],
    ["fifteen prefixes and an opcode", `${"66 ".repeat(15)}90`, "too-long"],
    ["an immediate that is cut off", "b8 00 00 00", "truncated"],
    ["prefixes without opcode", "f3 66", "truncated"],
    ["a VEX prefix that is cut off", "c5", "truncated"],
  ])("%s", (_, hex, kind) => {
    expect(decodeHex(hex).kind).toBe(kind);
  });

  test("a removed opcode is undefined although nothing follows it, and fifteen bytes are not too long", () => {
    expect(decodeHex("ea").kind).toBe("undefined");
    expect(instructionOf(`${"66 ".repeat(14)}90`).length).toBe(15);
  });

  test("reading starts at the offset and stops at what is available", () => {
    const bytes = bytesOf("90 90 e8 01 02 03 04");
    expect(decode(bytes, 2, 5, 64)).toMatchObject({
      kind: "instruction",
      instruction: { mnemonic: "call", length: 5 },
    });
    expect(decode(bytes, 2, 4, 64)).toEqual({ kind: "truncated" });
  });
});

describe("decode applies prefixes", () => {
  test.each([
    ["REX.W beats 66", "66 48 01 c0", { operandSize: 64 }],
    ["REX counts only directly before the opcode", "48 66 01 c0", { operandSize: 16 }],
    ["near branches ignore 66 in 64-bit mode", "66 e9 00 00 00 00", { operandSize: 64, length: 6 }],
    ["PUSH is 64 bits wide by default", "50", { operandSize: 64 }],
    ["a byte form has operand size 8", "00 c0", { operandSize: 8 }],
    ["67 selects 32-bit addresses", "67 8b 00", { addressSize: 32 }],
    ["a mandatory prefix is no repeat prefix", "f3 0f b8 c1", { mnemonic: "popcnt", repeat: "none" }],
    ["a prefix without meaning is left over", "f2 01 c0", { mnemonic: "add", repeat: "repne" }],
    ["the last of F2 and F3 counts", "f2 f3 a4", { mnemonic: "movsb", repeat: "rep", operandSize: 8 }],
    ["string instructions say which segment they read", "65 a5", { mnemonic: "movsd", segment: 5, operands: [] }],
    ["a CS override means nothing in 64-bit mode", "2e a4", { segment: 3 }],
  ])("%s", (_, hex, expected) => {
    expect(instructionOf(hex)).toMatchObject(expected);
  });
});

describe("decode reads operands", () => {
  test.each([
    ["RBP as base selects SS", "8b 45 f8", 64, { base: 5, index: -1, disp: -8, dispHigh: -1, segment: 2, size: 32 }],
    ["R13 as base does not", "41 8b 45 f8", 64, { base: 13, segment: 3 }],
    ["FS is honoured in 64-bit mode", "64 8b 04 25 10 00 00 00", 64, { base: -1, index: -1, disp: 16, segment: 4 }],
    ["RIP-relative", "8b 05 fc ff ff ff", 64, { base: -1, ripRelative: true, disp: -4 }],
    ["R12 as index", "42 8b 04 a0", 64, { base: 0, index: 12, scale: 4 }],
    ["BP and SI", "8b 42 10", 16, { base: 5, index: 6, disp: 16, segment: 2, size: 16 }],
    ["LEA has no access width", "8d 00", 32, { size: 0 }],
    ["FAR pointer in memory", "48 ff 28", 64, { size: 80 }],
  ] as const)("%s", (_, hex, bits, expected) => {
    const memory = instructionOf(hex, bits).operands.find((operand) => operand.kind === "memory");
    expect(memory).toMatchObject(expected);
  });

  test("AH without REX is SPL with REX", () => {
    expect(instructionOf("88 e0").operands[1]).toMatchObject({ index: 0, size: 8, high8: true });
    expect(instructionOf("40 88 e0").operands[1]).toMatchObject({ index: 4, size: 8, high8: false });
  });

  test("immediates are extended to 64 bits as the instruction defines", () => {
    expect(instructionOf("48 83 c0 ff").operands[1]).toEqual({ kind: "immediate", lo: -1, hi: -1, size: 8 });
    expect(instructionOf("c2 ff ff").operands[0]).toEqual({ kind: "immediate", lo: 0xffff, hi: 0, size: 16 });
    expect(instructionOf("48 b8 01 00 00 00 02 00 00 80").operands[1]).toEqual({
      kind: "immediate",
      lo: 1,
      hi: -0x7fff_fffe,
      size: 64,
    });
  });

  test("MOV moffs64 carries the high half of its address", () => {
    const operand = instructionOf("48 a1 ff ee dd cc bb aa 99 88").operands[1];
    expect(operand).toMatchObject({ disp: 0xccdd_eeff | 0, dispHigh: 0x8899_aabb | 0, size: 64 });
  });

  test("far pointers are unsigned", () => {
    expect(instructionOf("ea 00 00 00 f0 08 00", 32).operands).toEqual([
      { kind: "far", selector: 8, offset: 0xf000_0000 },
    ]);
  });
});

test("SSE and string instructions of one name are told apart", () => {
  expect(instructionOf("f2 0f 10 00").mnemonic).toBe("movsd.x");
  expect(instructionOf("f2 0f c2 c1 00").mnemonic).toBe("cmpsd.x");
  expect(instructionOf("a7").mnemonic).toBe("cmpsd");
});

test("a table row with an unknown operand or flag is refused", () => {
  expect(() => compileEntry("add Eb,Gb locked")).toThrow('unknown flag "locked"');
  expect(() => compileEntry("add Xb,Gb")).toThrow('unknown operand "Xb"');
});
