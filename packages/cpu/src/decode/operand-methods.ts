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
  X87_REGISTERS,
  XMM_REGISTERS,
  YMM_REGISTERS,
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

function vectorOrMemory(size: SizeRule, registerSize: SizeRule): OperandReader {
  return (cursor) =>
    cursor.mod === 3
      ? vectorRegister(cursor.rm | cursor.rexB, registerSize(cursor))
      : memoryOperand(cursor, size(cursor));
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
    reader: (size) => (cursor) => generalRegister(cursor.reg | cursor.rexR, size(cursor), cursor.hasRex),
  },
  H: { modrm: "none", usesVvvv: true, reader: (size) => (cursor) => vectorRegister(cursor.vvvv, size(cursor)) },
  I: { modrm: "none", reader: (size) => (cursor) => readImmediate(cursor, size(cursor)) },
  J: { modrm: "none", reader: (size) => (cursor) => readRelative(cursor, size(cursor)) },
  L: {
    modrm: "none",
    reader: (size) => (cursor) =>
      vectorRegister((cursor.readByte() >> 4) & (cursor.bits === 64 ? 15 : 7), size(cursor)),
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
    reader: (size) => (cursor) => vectorRegister(cursor.rm | cursor.rexB, size(cursor)),
  },
  V: { modrm: "reg", reader: (size) => (cursor) => vectorRegister(cursor.reg | cursor.rexR, size(cursor)) },
  W: { modrm: "any", reader: (size) => vectorOrMemory(size, size) },
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
  Iw: (cursor) => signedImmediate(cursor.readUnsigned16(), 16),
};

function maskRegister(cursor: DecodeCursor, index: number): RegisterOperand {
  return index > 7 ? undefinedRegister(cursor) : MASK_REGISTERS[index]!;
}

function maskMethod(modrm: ModrmUse, read: (cursor: DecodeCursor) => RegisterOperand): OperandMethod {
  return { modrm, reader: () => read };
}

/** AVX-512 mask registers in ModRM.reg, ModRM.rm and VEX.vvvv. */
export const MASK_METHODS: Readonly<Record<string, OperandMethod>> = {
  Kreg: maskMethod("reg", (cursor) => maskRegister(cursor, cursor.reg | cursor.rexR)),
  Krm: maskMethod("register", (cursor) => MASK_REGISTERS[cursor.rm]!),
  Kv: { ...maskMethod("none", (cursor) => maskRegister(cursor, cursor.vvvv)), usesVvvv: true },
};
