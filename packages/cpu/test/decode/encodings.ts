import type { CodeBits } from "../../src/decode/instruction.ts";

/** Receives one byte string after another; they need not be instructions. */
export type EncodingSink = (bytes: readonly number[]) => void;

/** Makes byte strings for code of one width. */
export type EncodingSource = (bits: CodeBits, sink: EncodingSink) => void;

const LEGACY_PREFIXES: readonly (readonly number[])[] = [
  [],
  [0x66],
  [0xf2],
  [0xf3],
  [0x67],
  [0xf0],
  [0x64],
  [0x2e],
  [0x66, 0xf3],
  [0x66, 0xf2],
];
const REX_PREFIXES: readonly (readonly number[])[] = [
  [0x40],
  [0x41],
  [0x47],
  [0x48],
  [0x66, 0x48],
  [0xf2, 0x48],
  [0xf3, 0x48],
  [0x65, 0x4f],
];
const PREFIX_BYTES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
const ESCAPES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** Every reg field with a register and with a memory operand, then each addressing form of the three address sizes. */
export const REPRESENTATIVE_MODRM: readonly number[] = [
  0xc0, 0xc9, 0xd2, 0xdb, 0xe4, 0xed, 0xf6, 0xff, 0xc8, 0xf8, 0x00, 0x09, 0x12, 0x1b, 0x20, 0x29, 0x32, 0x3b, 0x04,
  0x05, 0x06, 0x4c, 0x55, 0x46, 0x84, 0x8d, 0x86, 0x3c, 0x3d, 0x74, 0xbc,
];
export const ALL_MODRM: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte);
/** SIB, displacement and immediate bytes with their sign bits set. */
export const TAIL: readonly number[] = [0x85, 0x92, 0x90, 0xb4, 0x82, 0xd6, 0xf8, 0x9a, 0xbc, 0xde, 0xf0];

function isOpcode(escapeBytes: readonly number[], byte: number, bits: CodeBits): boolean {
  if (escapeBytes.length === 0) return !(byte === 0x0f || PREFIX_BYTES.has(byte) || (bits === 64 && byte >> 4 === 4));
  return escapeBytes.length === 2 || (byte !== 0x38 && byte !== 0x3a);
}

/** The opcodes of the four legacy maps, escapes included. */
export function legacyOpcodes(bits: CodeBits): number[][] {
  return ESCAPES.flatMap((escapeBytes) =>
    Array.from({ length: 256 }, (_, opcode) => opcode)
      .filter((opcode) => isOpcode(escapeBytes, opcode, bits))
      .map((opcode) => [...escapeBytes, opcode]),
  );
}

/** All opcodes of the four legacy maps: all ModRM bytes without prefix, representative ones with each prefix. */
export function legacyEncodings(bits: CodeBits, sink: EncodingSink): void {
  const prefixes = bits === 64 ? [...LEGACY_PREFIXES, ...REX_PREFIXES] : LEGACY_PREFIXES;
  for (const opcode of legacyOpcodes(bits)) {
    for (const prefix of prefixes) {
      const modrmBytes = prefix.length === 0 ? ALL_MODRM : REPRESENTATIVE_MODRM;
      for (const modrm of modrmBytes) sink([...prefix, ...opcode, modrm, ...TAIL]);
    }
  }
}

export const VECTOR_MODRM: readonly number[] = [0xc0, 0xca, 0xd1, 0xdb, 0xec, 0xf6, 0x0c, 0x54, 0x15, 0x22, 0x39];
const SOME_VECTOR_MODRM: readonly number[] = [0xca, 0xd1, 0xec, 0xf6, 0x0c, 0x54, 0x39];
/** W, vvvv and L; the low two bits are the prefix. */
const VEX_PAYLOADS: readonly number[] = [0x78, 0x7c, 0xf8, 0xfc, 0x34];
/** R, X, B and the map. */
const VEX_MAPS: readonly number[] = [0xe1, 0xe2, 0xe3, 0xc2, 0x03, 0xe4];
const EVEX_MAPS: readonly number[] = [0xf1, 0xf2, 0xf3, 0xf5, 0xf6];
/** z, L'L, b, V' and aaa. */
const EVEX_PAYLOADS: readonly number[] = [0x08, 0x2b, 0x48, 0xcb, 0x58, 0x1d];

/** The VEX, EVEX and XOP maps under every prefix and vector length. */
export function vectorEncodings(_bits: CodeBits, sink: EncodingSink): void {
  for (let opcode = 0; opcode < 256; opcode++) {
    for (const modrm of SOME_VECTOR_MODRM) {
      const rest = [opcode, modrm, ...TAIL];
      for (const payload of VEX_PAYLOADS) vexEncodings(payload, rest, sink);
      for (const map of [0xe8, 0xe9, 0xea, 0xeb]) sink([0x8f, map, 0x78, ...rest]);
    }
    for (const modrm of [0xca, 0x54, 0x14]) evexEncodings([opcode, modrm, ...TAIL], sink);
  }
}

function vexEncodings(payload: number, rest: readonly number[], sink: EncodingSink): void {
  for (let prefix = 0; prefix < 4; prefix++) {
    sink([0xc5, payload | 0x80 | prefix, ...rest]);
    for (const map of VEX_MAPS) sink([0xc4, map, payload | prefix, ...rest]);
  }
}

function evexEncodings(rest: readonly number[], sink: EncodingSink): void {
  for (const map of EVEX_MAPS) {
    for (let prefix = 0; prefix < 4; prefix++) {
      for (const third of EVEX_PAYLOADS) {
        sink([0x62, map, 0x7c | prefix, third, ...rest]);
        sink([0x62, map, 0xac | prefix, third, ...rest]);
      }
    }
  }
}

const RANDOM_PREFIXES: readonly number[] = [
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x40, 0x41, 0x44, 0x48, 0x4f,
];

/** Deterministic bytes (xorshift32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

export type Random = (limit: number) => number;

/** `count` random strings: a quarter each without structure, with few and many prefixes and an escape, and with a vector prefix. */
export function randomEncodings(seed: number, count: number): EncodingSource {
  return (bits, sink) => {
    const random = createRandom(seed + bits);
    for (let made = 0; made < count; made++) {
      const bytes = randomStart(random, bits, made & 3);
      while (bytes.length < 16) bytes.push(random(256));
      sink(bytes);
    }
  };
}

function randomStart(random: Random, bits: CodeBits, kind: number): number[] {
  if (kind === 0) return [];
  return kind === 3 ? randomVectorPrefix(random) : randomPrefixes(random, bits, kind === 1 ? 4 : 12);
}

/** A VEX, EVEX or XOP prefix of random fields, with a map that exists. */
function randomVectorPrefix(random: Random): number[] {
  const extensions = random(8) << 5;
  switch (random(4)) {
    case 0:
      return [0xc5];
    case 1:
      return [0xc4, extensions | (1 + random(3))];
    case 2:
      return [0x8f, extensions | (8 + random(3)), random(64) << 2];
    default:
      return [0x62, extensions | (random(2) << 4) | (EVEX_MAPS[random(5)]! & 15), random(256) | 4];
  }
}

function randomPrefixes(random: Random, bits: CodeBits, limit: number): number[] {
  const choices = bits === 64 ? RANDOM_PREFIXES.length : RANDOM_PREFIXES.indexOf(0x40);
  const prefixes = Array.from({ length: random(limit) }, () => RANDOM_PREFIXES[random(choices)]!);
  return [...prefixes, ...ESCAPES[random(ESCAPES.length)]!];
}
