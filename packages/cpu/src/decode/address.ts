import type { DecodeCursor } from "./cursor.ts";
import type { MemoryOperand } from "./instruction.ts";

const SEGMENT_SS = 2;
const SEGMENT_DS = 3;
const NONE = -1;

/** SDM 2 "16-Bit Addressing Forms with the ModR/M Byte": base and index of rm 0-7 (BX=3, BP=5, SI=6, DI=7). */
const BASES_16: readonly number[] = [3, 3, 5, 5, 6, 7, 5, 3];
const INDEXES_16: readonly number[] = [6, 7, 6, 7, NONE, NONE, NONE, NONE];
const SCALES: readonly (1 | 2 | 4 | 8)[] = [1, 2, 4, 8];

/** Reads SIB and displacement of a ModRM byte whose mod is not 3. `isVsib`: the index is a vector register. */
export function readAddress(cursor: DecodeCursor, isVsib: boolean): void {
  if (isVsib && (cursor.addressSize === 16 || cursor.rm !== 4)) cursor.fail("undefined");
  if (cursor.addressSize === 16) readAddress16(cursor);
  else readAddress32(cursor, isVsib);
  cursor.defaultSegment = isStackBased(cursor) ? SEGMENT_SS : SEGMENT_DS;
}

function isStackBased(cursor: DecodeCursor): boolean {
  return cursor.base === 5 || cursor.base === 4;
}

function readAddress16(cursor: DecodeCursor): void {
  if (cursor.mod === 0 && cursor.rm === 6) {
    cursor.disp = cursor.readSigned16();
    return;
  }
  cursor.base = BASES_16[cursor.rm]!;
  cursor.index = INDEXES_16[cursor.rm]!;
  if (cursor.mod === 1) readDisp8(cursor);
  else if (cursor.mod === 2) cursor.disp = cursor.readSigned16();
}

function readAddress32(cursor: DecodeCursor, isVsib: boolean): void {
  if (cursor.rm === 4) {
    readSib(cursor, isVsib);
  } else if (cursor.rm === 5 && cursor.mod === 0) {
    cursor.ripRelative = cursor.bits === 64;
    cursor.disp = cursor.readSigned32();
  } else {
    cursor.base = cursor.rm | cursor.rexB;
  }
  if (cursor.mod === 1) readDisp8(cursor);
  else if (cursor.mod === 2) cursor.disp = cursor.readSigned32();
}

function readDisp8(cursor: DecodeCursor): void {
  cursor.hasDisp8 = true;
  cursor.disp = cursor.readSigned8();
}

function readSib(cursor: DecodeCursor, isVsib: boolean): void {
  const sib = cursor.readByte();
  const index = ((sib >> 3) & 7) | cursor.rexX | (isVsib ? cursor.evexV : 0);
  if (index !== 4 || isVsib) {
    cursor.index = index;
    cursor.scale = SCALES[sib >> 6]!;
  }
  if ((sib & 7) === 5 && cursor.mod === 0) cursor.disp = cursor.readSigned32();
  else cursor.base = (sib & 7) | cursor.rexB;
}

/** The memory operand that `readAddress` found, as an access of `width` bits, or of one element if that is broadcast. */
export function memoryOperand(cursor: DecodeCursor, width: number): MemoryOperand {
  const size = cursor.broadcastElement === 0 ? width : cursor.broadcastElement;
  // SDM 2A "Compressed Displacement (disp8*N) Support in EVEX".
  if (cursor.hasDisp8 && cursor.vectorPrefix === "evex") cursor.disp *= (cursor.displacementUnit || size) >> 3;
  return {
    kind: "memory",
    segment: cursor.segmentOverride >= 0 ? cursor.segmentOverride : cursor.defaultSegment,
    base: cursor.base,
    index: cursor.index,
    scale: cursor.scale,
    disp: cursor.disp,
    dispHigh: cursor.disp >> 31,
    ripRelative: cursor.ripRelative,
    size,
  };
}

/** The MOV operand whose address follows the opcode directly: as wide as the address size, without ModRM. */
export function directOffsetOperand(cursor: DecodeCursor, size: number): MemoryOperand {
  const disp = cursor.addressSize === 16 ? cursor.readSigned16() : cursor.readSigned32();
  return {
    kind: "memory",
    segment: cursor.segmentOverride >= 0 ? cursor.segmentOverride : SEGMENT_DS,
    base: NONE,
    index: NONE,
    scale: 1,
    disp,
    dispHigh: cursor.addressSize === 64 ? cursor.readSigned32() : disp >> 31,
    ripRelative: false,
    size,
  };
}
