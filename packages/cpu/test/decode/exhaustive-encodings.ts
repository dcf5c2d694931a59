import type { CodeBits } from "../../src/decode/instruction.ts";
import {
  ALL_MODRM,
  type EncodingSink,
  type EncodingSource,
  legacyOpcodes,
  REPRESENTATIVE_MODRM,
  TAIL,
  VECTOR_MODRM,
} from "./encodings.ts";

type Bytes = readonly number[];

/** Every sequence that takes one alternative of each group, in the groups' order. */
function products(groups: readonly (readonly Bytes[])[]): Bytes[] {
  return groups.reduce<Bytes[]>(
    (made, alternatives) => made.flatMap((start) => alternatives.map((alternative) => [...start, ...alternative])),
    [[]],
  );
}

const NONE: Bytes = [];
const MANDATORY: readonly Bytes[] = [NONE, [0x66], [0xf3], [0xf2], [0x66, 0xf3], [0x66, 0xf2]];
const REX: readonly Bytes[] = [NONE, [0x40], [0x41], [0x42], [0x44], [0x48], [0x4f]];

function rexFor(bits: CodeBits): readonly Bytes[] {
  return bits === 64 ? REX : [NONE];
}

/** The four legacy maps under every combination of operand size, address size, LOCK, repeat, segment and REX prefixes. */
export function prefixCombinations(bits: CodeBits, sink: EncodingSink): void {
  const prefixes = products([[NONE, [0x64], [0x2e]], [NONE, [0x67]], [NONE, [0xf0]], MANDATORY, rexFor(bits)]);
  for (const opcode of legacyOpcodes(bits)) {
    for (const prefix of prefixes) {
      for (const modrm of REPRESENTATIVE_MODRM) sink([...prefix, ...opcode, modrm, ...TAIL]);
    }
  }
}

/** The four legacy maps with every ModRM byte, under each mandatory prefix, address size and REX. */
export function modrmCombinations(bits: CodeBits, sink: EncodingSink): void {
  const prefixes = products([[NONE, [0x67]], MANDATORY, rexFor(bits)]);
  for (const opcode of legacyOpcodes(bits)) {
    for (const prefix of prefixes) for (const modrm of ALL_MODRM) sink([...prefix, ...opcode, modrm, ...TAIL]);
  }
}

/** MOV, MOVAPS, PSHUFB, ROUNDPS, LEA and VADDPS with every ModRM and SIB byte of a memory operand. */
export function addressCombinations(bits: CodeBits, sink: EncodingSink): void {
  const opcodes = [
    [0x8b],
    [0x0f, 0x28],
    [0x66, 0x0f, 0x38, 0x00],
    [0x66, 0x0f, 0x3a, 0x08],
    [0x8d],
    [0xc5, 0xf0, 0x58],
  ];
  const prefixes = products([
    [NONE, [0x64], [0x36]],
    [NONE, [0x67]],
  ]);
  for (const opcode of opcodes) {
    const rex = opcode[0] === 0x8b || opcode[0] === 0x8d ? rexFor(bits) : [NONE];
    for (const prefix of products([prefixes, rex])) {
      for (let modrm = 0; modrm < 0xc0; modrm++) {
        for (let sib = 0; sib < 256; sib++) sink([...prefix, ...opcode, modrm, sib, ...TAIL.slice(1)]);
      }
    }
  }
}

const ALL_BYTES: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte);

/** Two-byte VEX with every payload and opcode. */
export function vex2Combinations(_bits: CodeBits, sink: EncodingSink): void {
  for (const payload of ALL_BYTES) {
    for (const opcode of ALL_BYTES) {
      for (const modrm of VECTOR_MODRM) sink([0xc5, payload, opcode, modrm, ...TAIL]);
    }
  }
}

const VVVV: readonly number[] = [0x78, 0x70, 0x38, 0x18];

/** Three-byte VEX and XOP with every map, register extension, prefix, W and length, and each opcode. */
export function vex3Combinations(_bits: CodeBits, sink: EncodingSink): void {
  for (const extensions of [0xe0, 0xc0, 0xa0, 0x60, 0x00]) {
    for (const [first, map] of vex3Maps()) {
      for (const opcode of ALL_BYTES) vex3Payloads([first, extensions | map, opcode], sink);
    }
  }
}

function vex3Maps(): (readonly [number, number])[] {
  return [
    ...Array.from({ length: 8 }, (_, map) => [0xc4, map] as const),
    ...[8, 9, 10, 11].map((map) => [0x8f, map] as const),
  ];
}

function vex3Payloads([first, second, opcode]: Bytes, sink: EncodingSink): void {
  for (const vvvv of VVVV) {
    for (const rest of [0, 1, 2, 3, 4, 5, 6, 7]) {
      for (const w of [0, 0x80]) {
        for (const modrm of VECTOR_MODRM) sink([first!, second!, w | vvvv | rest, opcode!, modrm, ...TAIL]);
      }
    }
  }
}

const EVEX_MAPS: readonly number[] = [1, 2, 3, 5, 6];

/** EVEX with every map, prefix, W, length, zeroing and broadcast bit, some masks, and each opcode. */
export function evexCombinations(_bits: CodeBits, sink: EncodingSink): void {
  for (const map of EVEX_MAPS) {
    for (const opcode of ALL_BYTES) {
      for (const second of [0x7c, 0x7d, 0x7e, 0x7f, 0xfc, 0xfd, 0xfe, 0xff]) {
        for (let high = 0; high < 16; high++) {
          // z, L'L and b, in front of V' and aaa.
          for (const low of [0x08, 0x0b]) {
            const third = (high << 4) | low;
            for (const modrm of VECTOR_MODRM) sink([0x62, 0xf0 | map, second, third, opcode, modrm, ...TAIL]);
          }
        }
      }
    }
  }
}

/** EVEX with every register extension bit, some vvvv and V', reserved bits and reserved maps. */
export function evexRegisterCombinations(_bits: CodeBits, sink: EncodingSink): void {
  for (let first = 0; first < 256; first++) {
    for (let opcode = 0; opcode < 256; opcode++) {
      for (const second of [0x7d, 0xfd, 0xb9, 0x3c, 0x9e, 0x7a]) {
        for (const third of [0x48, 0x42, 0x0a]) {
          for (const modrm of [0xca, 0x54, 0xf6]) sink([0x62, first, second, third, opcode, modrm, ...TAIL]);
        }
      }
    }
  }
}

/** Vector prefixes after a legacy prefix, where they are undefined or, outside 64-bit mode, LES, LDS and BOUND. */
export function prefixedVectorEncodings(bits: CodeBits, sink: EncodingSink): void {
  const prefixes: Bytes[] = [[0x66], [0xf2], [0xf3], [0xf0], [0x67], [0x64], [0x2e], ...(bits === 64 ? [[0x48]] : [])];
  const starts: Bytes[] = [
    [0xc5, 0xf8],
    [0xc4, 0xe2, 0x79],
    [0x62, 0xf1, 0x7c, 0x48],
    [0x8f, 0xe9, 0x78],
  ];
  for (const prefix of prefixes) {
    for (const start of starts) {
      for (const opcode of ALL_BYTES) {
        for (const modrm of VECTOR_MODRM) sink([...prefix, ...start, opcode, modrm, ...TAIL]);
      }
    }
  }
}

/** Every systematic source, by name. */
export const EXHAUSTIVE: Readonly<Record<string, EncodingSource>> = {
  "legacy maps x prefix combinations": prefixCombinations,
  "legacy maps x ModRM bytes": modrmCombinations,
  "addresses x SIB bytes": addressCombinations,
  "two-byte VEX": vex2Combinations,
  "three-byte VEX and XOP": vex3Combinations,
  EVEX: evexCombinations,
  "EVEX registers": evexRegisterCombinations,
  "vector prefixes after legacy prefixes": prefixedVectorEncodings,
};
