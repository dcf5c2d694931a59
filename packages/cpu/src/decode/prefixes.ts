import type { DecodeCursor } from "./cursor.ts";

type PrefixReader = (cursor: DecodeCursor) => void;

/** The legacy prefix that pp of a vector prefix stands for, as far as it is a repeat prefix. */
export const REPEAT_BY_PP: readonly number[] = [0, 0, 0xf3, 0xf2];

/** ES, CS, SS and DS overrides are ignored in 64-bit mode; they do not even cancel an earlier FS or GS. */
function segmentPrefix(segment: number): PrefixReader {
  return (cursor) => {
    if (segment >= 4 || cursor.bits !== 64) cursor.segmentOverride = segment;
  };
}

/** SDM 2 "Instruction Prefixes": opcode byte to its effect. Index gaps are opcodes. */
const LEGACY_PREFIXES: readonly (PrefixReader | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  legacyPrefix(byte),
);

function legacyPrefix(byte: number): PrefixReader | undefined {
  switch (byte) {
    case 0x26:
      return segmentPrefix(0);
    case 0x2e:
      return segmentPrefix(1);
    case 0x36:
      return segmentPrefix(2);
    case 0x3e:
      return segmentPrefix(3);
    case 0x64:
      return segmentPrefix(4);
    case 0x65:
      return segmentPrefix(5);
    case 0x66:
      return (cursor) => {
        cursor.operandSizePrefix = true;
      };
    case 0x67:
      return (cursor) => {
        cursor.addressSize = cursor.bits === 32 ? 16 : 32;
      };
    case 0xf0:
      return (cursor) => {
        cursor.lock = true;
      };
    case 0xf2:
    case 0xf3:
      return (cursor) => {
        cursor.repeatPrefix = byte;
      };
    default:
      return undefined;
  }
}

/** Reads all prefixes and returns the first opcode byte. A REX prefix counts only directly before the opcode. */
export function readPrefixes(cursor: DecodeCursor): number {
  cursor.addressSize = cursor.bits;
  let rex = 0;
  for (;;) {
    const byte = cursor.readByte();
    if (cursor.failure !== "none") return 0;
    const prefix = LEGACY_PREFIXES[byte];
    if (prefix !== undefined) {
      prefix(cursor);
      rex = 0;
    } else if (cursor.bits === 64 && (byte & 0xf0) === 0x40) {
      rex = byte;
    } else {
      if (rex !== 0) applyRex(cursor, rex);
      return byte;
    }
  }
}

function applyRex(cursor: DecodeCursor, rex: number): void {
  cursor.hasRex = true;
  cursor.rexW = (rex & 8) !== 0;
  cursor.rexR = (rex & 4) << 1;
  cursor.rexX = (rex & 2) << 2;
  cursor.rexB = (rex & 1) << 3;
}

/** The operand size that prefixes and code segment select before the instruction has its say. */
export function baseOperandSize(cursor: DecodeCursor): 16 | 32 | 64 {
  if (cursor.rexW && cursor.bits === 64) return 64;
  return (cursor.bits === 16) === cursor.operandSizePrefix ? 32 : 16;
}
