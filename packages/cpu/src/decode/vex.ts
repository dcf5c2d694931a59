import type { DecodeCursor } from "./cursor.ts";
import { EVEX_OPCODES, XOP_OPCODES } from "./evex-table.ts";
import type { OpcodeNode } from "./opcode-form.ts";
import { createOpcodeMap, type OpcodeMap } from "./opcode-map.ts";
import { compileEntry } from "./opcode-notation.ts";
import { VEX_OPCODES } from "./vex-table.ts";

const VEX_MAPS = VEX_OPCODES.map((table) => table && createOpcodeMap(Object.fromEntries(table)));
/** The legacy prefix that VEX.pp stands for, as far as it is a repeat prefix. */
const REPEAT_BY_PP: readonly number[] = [0, 0, 0xf3, 0xf2];

const PREFIX_NAMES: readonly string[] = ["np", "66", "f3", "f2"];

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

/** Reads the rest of a vector prefix and the opcode. EVEX and XOP instructions are known by map and opcode only. */
export function readVectorOpcode(cursor: DecodeCursor, first: number): OpcodeNode | undefined {
  if (cursor.lock || cursor.operandSizePrefix || cursor.repeatPrefix !== 0 || cursor.hasRex) return undefined;
  cursor.hasVex = true;
  switch (first) {
    case 0xc5: {
      const payload = cursor.readByte();
      applyExtensions(cursor, payload | 0x60);
      return readVexOpcode(cursor, VEX_MAPS[1], payload & 0x7f);
    }
    case 0xc4: {
      const second = cursor.readByte();
      applyExtensions(cursor, second);
      return readVexOpcode(cursor, VEX_MAPS[second & 0x1f], cursor.readByte());
    }
    case 0x62:
      return readEvexOpcode(cursor);
    default:
      return readXopOpcode(cursor);
  }
}

/** R, X and B lie inverted in bits 7 to 5; outside 64-bit mode they mean nothing. */
function applyExtensions(cursor: DecodeCursor, byte: number): void {
  cursor.hasRex = true;
  if (cursor.bits !== 64) return;
  cursor.rexR = (byte & 0x80) === 0 ? 8 : 0;
  cursor.rexX = (byte & 0x40) === 0 ? 8 : 0;
  cursor.rexB = (byte & 0x20) === 0 ? 8 : 0;
}

/** `payload`: W in bit 7, vvvv inverted in bits 6 to 3, L, pp. */
function readVexOpcode(cursor: DecodeCursor, map: OpcodeMap | undefined, payload: number): OpcodeNode | undefined {
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

function readEvexOpcode(cursor: DecodeCursor): OpcodeNode | undefined {
  const first = cursor.readByte();
  const second = cursor.readByte();
  cursor.readByte();
  cursor.opcode = cursor.readByte();
  if ((first & 8) !== 0 || (second & 4) === 0) return undefined;
  const pp = second & 3;
  const map = first & 7;
  return isListed(EVEX_OPCODES[map]?.[pp], cursor.opcode)
    ? namedOpcode(cursor, `evex.map${map}.${PREFIX_NAMES[pp]}`)
    : undefined;
}

function readXopOpcode(cursor: DecodeCursor): OpcodeNode | undefined {
  const map = cursor.readByte() & 0x1f;
  const pp = cursor.readByte() & 3;
  cursor.opcode = cursor.readByte();
  return isListed(XOP_OPCODES[map]?.[pp], cursor.opcode) ? namedOpcode(cursor, `xop.map${map}`) : undefined;
}

/** `ranges`: opcodes and ranges of opcodes in hexadecimal, separated by blanks. */
function isListed(ranges: string | undefined, opcode: number): boolean {
  if (ranges === undefined || ranges === "") return false;
  return ranges.split(" ").some((range) => {
    const first = Number.parseInt(range.slice(0, 2), 16);
    return opcode >= first && opcode <= Number.parseInt(range.slice(-2), 16);
  });
}

/** An instruction known by its encoding only: the decoder reports it as unimplemented. */
function namedOpcode(cursor: DecodeCursor, encoding: string): OpcodeNode | undefined {
  return compileEntry(`?${encoding}.${cursor.opcode.toString(16).padStart(2, "0")} modrm`);
}
