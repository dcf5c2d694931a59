import { directOffsetOperand, memoryOperand } from "./address.ts";
import type { DecodeCursor } from "./cursor.ts";
import type { ImmediateOperand, Operand, RegisterOperand } from "./instruction.ts";
import type { SizeRule } from "./operand-sizes.ts";
import {
  CONTROL_REGISTERS_32,
  CONTROL_REGISTERS_64,
  DEBUG_REGISTERS_32,
  DEBUG_REGISTERS_64,
  generalRegister,
  MASK_REGISTERS,
  MMX_REGISTERS,
  SEGMENT_REGISTERS,
  TILE_REGISTERS,
  X87_REGISTERS,
  XMM_REGISTERS,
  YMM_REGISTERS,
  ZMM_REGISTERS,
} from "./registers.ts";

/** Reads one operand; immediates advance the cursor. */
export type OperandReader = (cursor: DecodeCursor) => Operand;

/** How an addressing method uses the ModRM byte: not at all, its reg field, or its rm field and in which form. */
export type ModrmUse = "none" | "reg" | "any" | "memory" | "register";

/** One addressing method: builds the reader for a size, and says what it needs of the encoding. */
export interface OperandMethod {
  readonly modrm: ModrmUse;
  readonly usesVvvv?: true;
  readonly reader: (size: SizeRule) => OperandReader;
}

/** CR0, CR2, CR3, CR4 and CR8 exist. */
const CONTROL_REGISTER_MASK = 0b1_0001_1101;

function undefinedRegister(cursor: DecodeCursor): RegisterOperand {
  cursor.fail("undefined");
  return SEGMENT_REGISTERS[0]!;
}

function vectorRegister(index: number, size: number): RegisterOperand {
  if (size === 512) return ZMM_REGISTERS[index]!;
  return size === 256 ? YMM_REGISTERS[index]! : XMM_REGISTERS[index]!;
}

function controlRegister(cursor: DecodeCursor): RegisterOperand {
  const index = cursor.reg | cursor.rexR;
  if (((CONTROL_REGISTER_MASK >> index) & 1) === 0) return undefinedRegister(cursor);
  return (cursor.bits === 64 ? CONTROL_REGISTERS_64 : CONTROL_REGISTERS_32)[index]!;
}

function debugRegister(cursor: DecodeCursor): RegisterOperand {
  if (cursor.rexR !== 0) return undefinedRegister(cursor);
  return (cursor.bits === 64 ? DEBUG_REGISTERS_64 : DEBUG_REGISTERS_32)[cursor.reg]!;
}

function rmGeneral(cursor: DecodeCursor, size: number): RegisterOperand {
  return generalRegister(cursor.rm | cursor.rexB, size, cursor.hasRex);
}

/** An immediate of which only `lo` was encoded; the high half is its sign. */
function signedImmediate(lo: number, size: number): ImmediateOperand {
  return { kind: "immediate", lo, hi: lo >> 31, size };
}

function readImmediate(cursor: DecodeCursor, size: number): ImmediateOperand {
  if (size === 8) return signedImmediate(cursor.readByte(), 8);
  if (size === 16) return signedImmediate(cursor.readSigned16(), 16);
  const lo = cursor.readSigned32();
  return size === 64 ? { kind: "immediate", lo, hi: cursor.readSigned32(), size } : signedImmediate(lo, 32);
}

function readRelative(cursor: DecodeCursor, size: number): Operand {
  if (size === 8) return { kind: "relative", disp: cursor.readSigned8(), size };
  return { kind: "relative", disp: size === 16 ? cursor.readSigned16() : cursor.readSigned32(), size };
}

function readFarPointer(cursor: DecodeCursor): Operand {
  const offset = cursor.operandSize === 16 ? cursor.readUnsigned16() : cursor.readSigned32() >>> 0;
  return { kind: "far", selector: cursor.readUnsigned16(), offset };
}

/** A vector register in ModRM.rm; EVEX.X gives it a fifth bit. */
function rmVector(cursor: DecodeCursor, size: number): RegisterOperand {
  return vectorRegister(cursor.rm | cursor.rexB | cursor.evexX, size);
}

/** A general-purpose register in ModRM.reg, for which EVEX.R' has no meaning but 1. */
function regGeneral(cursor: DecodeCursor, size: number): RegisterOperand {
  if (cursor.evexR !== 0) return undefinedRegister(cursor);
  return generalRegister(cursor.reg | cursor.rexR, size, cursor.hasRex);
}

/** SDM 2 "Codes for Addressing Method". `Z` (register in the low opcode bits) is ours. */
export const OPERAND_METHODS: Readonly<Record<string, OperandMethod>> = {
  A: { modrm: "none", reader: () => readFarPointer },
  B: {
    modrm: "none",
    usesVvvv: true,
    reader: (size) => (cursor) => generalRegister(cursor.vvvv, size(cursor), true),
  },
  C: { modrm: "reg", reader: () => controlRegister },
  D: { modrm: "reg", reader: () => debugRegister },
  E: {
    modrm: "any",
    reader: (size) => (cursor) =>
      cursor.mod === 3 ? rmGeneral(cursor, size(cursor)) : memoryOperand(cursor, size(cursor)),
  },
  G: {
    modrm: "reg",
    reader: (size) => (cursor) => regGeneral(cursor, size(cursor)),
  },
  H: {
    modrm: "none",
    usesVvvv: true,
    reader: (size) => (cursor) => vectorRegister(cursor.vvvv | cursor.evexV, size(cursor)),
  },
  I: { modrm: "none", reader: (size) => (cursor) => readImmediate(cursor, size(cursor)) },
  J: { modrm: "none", reader: (size) => (cursor) => readRelative(cursor, size(cursor)) },
  L: {
    modrm: "none",
    reader: (size) => (cursor) => {
      cursor.is4 = cursor.readByte();
      return vectorRegister((cursor.is4 >> 4) & (cursor.bits === 64 ? 15 : 7), size(cursor));
    },
  },
  M: { modrm: "memory", reader: (size) => (cursor) => memoryOperand(cursor, size(cursor)) },
  N: { modrm: "register", reader: () => (cursor) => MMX_REGISTERS[cursor.rm]! },
  O: { modrm: "none", reader: (size) => (cursor) => directOffsetOperand(cursor, size(cursor)) },
  P: { modrm: "reg", reader: () => (cursor) => MMX_REGISTERS[cursor.reg]! },
  Q: {
    modrm: "any",
    reader: (size) => (cursor) => (cursor.mod === 3 ? MMX_REGISTERS[cursor.rm]! : memoryOperand(cursor, size(cursor))),
  },
  R: { modrm: "register", reader: (size) => (cursor) => rmGeneral(cursor, size(cursor)) },
  S: {
    modrm: "reg",
    reader: () => (cursor) => (cursor.reg > 5 ? undefinedRegister(cursor) : SEGMENT_REGISTERS[cursor.reg]!),
  },
  U: {
    modrm: "register",
    reader: (size) => (cursor) => rmVector(cursor, size(cursor)),
  },
  V: {
    modrm: "reg",
    reader: (size) => (cursor) => vectorRegister(cursor.reg | cursor.rexR | cursor.evexR, size(cursor)),
  },
  W: {
    modrm: "any",
    reader: (size) => (cursor) =>
      cursor.mod === 3 ? rmVector(cursor, size(cursor)) : memoryOperand(cursor, size(cursor)),
  },
  Z: {
    modrm: "none",
    reader: (size) => (cursor) => generalRegister((cursor.opcode & 7) | cursor.rexB, size(cursor), cursor.hasRex),
  },
};

/** A register operand in ModRM.rm whose memory form is narrower or of another size, written `Rv/Mw` or `Udq/Mq`. */
export function splitReader(register: OperandReader, memory: OperandReader): OperandReader {
  return (cursor) => (cursor.mod === 3 ? register(cursor) : memory(cursor));
}

function fixedRegister(index: number, size: SizeRule): OperandReader {
  return (cursor) => generalRegister(index, size(cursor), true);
}

function fixedOperand(operand: Operand): OperandReader {
  return () => operand;
}

const operandSize: SizeRule = (cursor) => cursor.operandSize;
const operandSizeUpTo32: SizeRule = (cursor) => (cursor.operandSize === 16 ? 16 : 32);

/** Operands that the opcode itself names. */
export const NAMED_OPERANDS: Readonly<Record<string, OperandReader>> = {
  AL: fixedRegister(0, () => 8),
  CL: fixedRegister(1, () => 8),
  AX: fixedRegister(0, () => 16),
  DX: fixedRegister(2, () => 16),
  eAX: fixedRegister(0, operandSizeUpTo32),
  rAX: fixedRegister(0, operandSize),
  ES: fixedOperand(SEGMENT_REGISTERS[0]!),
  CS: fixedOperand(SEGMENT_REGISTERS[1]!),
  SS: fixedOperand(SEGMENT_REGISTERS[2]!),
  DS: fixedOperand(SEGMENT_REGISTERS[3]!),
  FS: fixedOperand(SEGMENT_REGISTERS[4]!),
  GS: fixedOperand(SEGMENT_REGISTERS[5]!),
  "1": fixedOperand({ kind: "immediate", lo: 1, hi: 0, size: 0 }),
  ST: fixedOperand(X87_REGISTERS[0]!),
  STi: (cursor) => X87_REGISTERS[cursor.rm]!,
  Ibs: (cursor) => signedImmediate(cursor.readSigned8(), 8),
  I4: (cursor) => signedImmediate(cursor.is4 & 15, 8),
  Iw: (cursor) => signedImmediate(cursor.readUnsigned16(), 16),
};

/** A register of a bank that is smaller than its field. */
function numbered(cursor: DecodeCursor, bank: readonly RegisterOperand[], index: number): RegisterOperand {
  return bank[index] ?? undefinedRegister(cursor);
}

function numberedMethod(modrm: ModrmUse, read: (cursor: DecodeCursor) => Operand): OperandMethod {
  return { modrm, reader: () => read };
}

function regNumber(cursor: DecodeCursor): number {
  return cursor.reg | cursor.rexR | cursor.evexR;
}

/** Opmask and tile registers in ModRM.reg, ModRM.rm and vvvv, and groups of four vector registers in vvvv. */
export const NUMBERED_METHODS: Readonly<Record<string, OperandMethod>> = {
  Kreg: numberedMethod("reg", (cursor) => numbered(cursor, MASK_REGISTERS, regNumber(cursor))),
  Kpair: numberedMethod("reg", (cursor) => numbered(cursor, MASK_REGISTERS, regNumber(cursor) & ~1)),
  Krm: numberedMethod("register", (cursor) => MASK_REGISTERS[cursor.rm]!),
  Kv: { ...numberedMethod("none", (cursor) => numbered(cursor, MASK_REGISTERS, cursor.vvvv)), usesVvvv: true },
  Treg: numberedMethod("reg", (cursor) => numbered(cursor, TILE_REGISTERS, regNumber(cursor))),
  Trm: numberedMethod("register", (cursor) => numbered(cursor, TILE_REGISTERS, cursor.rm | cursor.rexB)),
  Tv: { ...numberedMethod("none", (cursor) => numbered(cursor, TILE_REGISTERS, cursor.vvvv)), usesVvvv: true },
  H4zz: {
    ...numberedMethod("none", (cursor) => ZMM_REGISTERS[(cursor.vvvv | cursor.evexV) & ~3]!),
    usesVvvv: true,
  },
  H4dq: {
    ...numberedMethod("none", (cursor) => XMM_REGISTERS[(cursor.vvvv | cursor.evexV) & ~3]!),
    usesVvvv: true,
  },
};
