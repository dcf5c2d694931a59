import type { DecodeCursor } from "./cursor.ts";
import { readEvexOpcode } from "./evex.ts";
import type { OpcodeNode } from "./opcode-form.ts";
import { createOpcodeMap, type OpcodeMap } from "./opcode-map.ts";
import { REPEAT_BY_PP } from "./prefixes.ts";
import { VEX_OPCODES } from "./vex-table.ts";
import { XOP_OPCODES } from "./xop-table.ts";

const VEX_MAPS = VEX_OPCODES.map((table) => table && createOpcodeMap(Object.fromEntries(table)));
const FIRST_XOP_MAP = 8;
const XOP_MAPS = XOP_OPCODES.map((table) => createOpcodeMap(Object.fromEntries(table)));

/** Whether a byte that is LDS, LES, BOUND or POP by default starts a VEX, EVEX or XOP prefix here. */
export function startsVectorPrefix(cursor: DecodeCursor, first: number): boolean {
  switch (first) {
    case 0xc4:
    case 0xc5:
    case 0x62:
      return cursor.bits === 64 || cursor.peekByte() >= 0xc0;
    case 0x8f:
      return (cursor.peekByte() & 0x18) !== 0;
    default:
      return false;
  }
}

/** Reads the rest of a vector prefix and the opcode. */
export function readVectorOpcode(cursor: DecodeCursor, first: number): OpcodeNode | undefined {
  // Undefined then, but only after an instruction that is too long.
  cursor.hasForbiddenPrefix = cursor.operandSizePrefix || cursor.repeatPrefix !== 0 || cursor.hasRex;
  cursor.hasRex = true;
  if (first === 0x62) return readEvexOpcode(cursor);
  cursor.vectorPrefix = first === 0x8f ? "xop" : "vex";
  const second = cursor.readByte();
  if (first === 0xc5) {
    applyExtensions(cursor, second | 0x60);
    return readPayload(cursor, VEX_MAPS[1], second & 0x7f);
  }
  applyExtensions(cursor, second);
  const map = second & 0x1f;
  return readPayload(cursor, first === 0xc4 ? VEX_MAPS[map] : XOP_MAPS[map - FIRST_XOP_MAP], cursor.readByte());
}

/** R, X and B lie inverted in bits 7 to 5; outside 64-bit mode they mean nothing. */
function applyExtensions(cursor: DecodeCursor, byte: number): void {
  if (cursor.bits !== 64) return;
  cursor.rexR = (byte & 0x80) === 0 ? 8 : 0;
  cursor.rexX = (byte & 0x40) === 0 ? 8 : 0;
  cursor.rexB = (byte & 0x20) === 0 ? 8 : 0;
}

/** `payload`: W in bit 7, vvvv inverted in bits 6 to 3, L, pp. */
function readPayload(cursor: DecodeCursor, map: OpcodeMap | undefined, payload: number): OpcodeNode | undefined {
  cursor.rexW = (payload & 0x80) !== 0;
  const vvvv = (~payload >> 3) & 15;
  // Outside 64-bit mode the high bit selects no register, but an unused field must be 1111 there too.
  cursor.hasVvvv = vvvv !== 0;
  cursor.vvvv = cursor.bits === 64 ? vvvv : vvvv & 7;
  cursor.vectorLength = (payload & 4) === 0 ? 128 : 256;
  const pp = payload & 3;
  cursor.operandSizePrefix = pp === 1;
  cursor.repeatPrefix = REPEAT_BY_PP[pp]!;
  if (map === undefined) return undefined;
  cursor.opcode = cursor.readByte();
  return map.lookUp(cursor.opcode);
}
