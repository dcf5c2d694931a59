import { OPCODES_0F3A } from "./0f3a-table.ts";
import { OPCODES_0F38 } from "./0f38-table.ts";
import { readAddress } from "./address.ts";
import { DecodeCursor } from "./cursor.ts";
import { adoptImpliedLength, evexFields, isIllegalEvex, prepareMemory } from "./evex.ts";
import type { CodeBits, DecodeResult, Instruction, Operand } from "./instruction.ts";
import { ONE_BYTE_OPCODES } from "./one-byte-table.ts";
import type { OpcodeForm, OpcodeNode } from "./opcode-form.ts";
import { createOpcodeMap, selectForm } from "./opcode-map.ts";
import { baseOperandSize, readPrefixes } from "./prefixes.ts";
import { THREE_D_NOW_SUFFIXES } from "./three-d-now-table.ts";
import { TWO_BYTE_OPCODES } from "./two-byte-table.ts";
import { readVectorOpcode, startsVectorPrefix } from "./vex.ts";

const ONE_BYTE_MAP = createOpcodeMap(ONE_BYTE_OPCODES);
const TWO_BYTE_MAP = createOpcodeMap(TWO_BYTE_OPCODES);
const MAP_0F38 = createOpcodeMap(OPCODES_0F38);
const MAP_0F3A = createOpcodeMap(Object.fromEntries(OPCODES_0F3A));

const UNDEFINED: DecodeResult = { kind: "undefined" };
const TOO_LONG: DecodeResult = { kind: "too-long" };
const TRUNCATED: DecodeResult = { kind: "truncated" };
const SEGMENT_DS = 3;
const NO_OPERANDS: readonly Operand[] = [];

/** Decodes the instruction at `offset`, of which `available` bytes can be read, as code of a `bits`-bit segment. */
export function decode(bytes: Uint8Array, offset: number, available: number, bits: CodeBits): DecodeResult {
  const cursor = new DecodeCursor(bytes, offset, available, bits);
  const node = readOpcode(cursor);
  if (cursor.failure !== "none") return failureResult(cursor);
  if (node === undefined) return UNDEFINED;
  if (node.hasModrm) cursor.readModrm();
  if (cursor.failure !== "none") return failureResult(cursor);
  if (cursor.vectorPrefix === "evex") adoptImpliedLength(cursor);
  const form = selectForm(cursor, node);
  if (form === undefined) return UNDEFINED;
  return readInstruction(cursor, form);
}

function readOpcode(cursor: DecodeCursor): OpcodeNode | undefined {
  const first = readPrefixes(cursor);
  if (first === 0x0f) return readEscapedOpcode(cursor);
  if (startsVectorPrefix(cursor, first)) return readVectorOpcode(cursor, first);
  cursor.opcode = first;
  return ONE_BYTE_MAP.lookUp(first);
}

function readEscapedOpcode(cursor: DecodeCursor): OpcodeNode | undefined {
  const second = cursor.readByte();
  if (second === 0x38 || second === 0x3a) {
    cursor.opcode = cursor.readByte();
    return (second === 0x38 ? MAP_0F38 : MAP_0F3A).lookUp(cursor.opcode);
  }
  cursor.opcode = second;
  return TWO_BYTE_MAP.lookUp(second);
}

function failureResult(cursor: DecodeCursor): DecodeResult {
  switch (cursor.failure) {
    case "too-long":
      return TOO_LONG;
    case "truncated":
      return TRUNCATED;
    default:
      return UNDEFINED;
  }
}

function readInstruction(cursor: DecodeCursor, form: OpcodeForm): DecodeResult {
  cursor.operandSize = effectiveOperandSize(cursor, form);
  if (form.mod === "ignored") cursor.mod = 3;
  if (cursor.vectorPrefix === "evex") prepareMemory(cursor, form);
  if (cursor.hasModrm && cursor.mod !== 3) readAddress(cursor, form.isVsib);
  const operands = readOperands(cursor, form);
  const mnemonic = form.isSuffixed ? THREE_D_NOW_SUFFIXES[cursor.readByte()] : form.mnemonic;
  if (cursor.failure !== "none") return failureResult(cursor);
  if (mnemonic === undefined || isIllegal(cursor, form, operands)) return UNDEFINED;
  return { kind: "instruction", instruction: createInstruction(cursor, { mnemonic, form, operands }) };
}

function effectiveOperandSize(cursor: DecodeCursor, form: OpcodeForm): 16 | 32 | 64 {
  const size = baseOperandSize(cursor);
  if (form.width === "plain") return size;
  if (form.width === "natural") return cursor.bits === 64 ? 64 : 32;
  if (cursor.bits !== 64) return size;
  return form.width === "force64" || size === 32 ? 64 : size;
}

function readOperands(cursor: DecodeCursor, form: OpcodeForm): readonly Operand[] {
  const readers = form.operands;
  const count = readers.length;
  if (count === 0) return NO_OPERANDS;
  const operands: Operand[] = [];
  for (let index = 0; index < count; index++) operands.push(readers[index]!(cursor));
  return operands;
}

/** Encodings that are read to their end before they turn out to be undefined. */
function isIllegal(cursor: DecodeCursor, form: OpcodeForm, operands: readonly Operand[]): boolean {
  if (cursor.lock && !(form.isLockable && cursor.mod !== 3)) return true;
  if (form.excludesCs && cursor.reg === 1) return true;
  if (form.needsSib && cursor.rm !== 4) return true;
  if (cursor.vectorPrefix === undefined) return false;
  if (cursor.hasForbiddenPrefix) return true;
  if (!form.usesVvvv && cursor.hasVvvv) return true;
  if (cursor.vectorPrefix === "evex" && isIllegalEvex(cursor, form, operands)) return true;
  return form.distinct !== "none" && repeatsRegister(cursor, form, operands);
}

/** Whether registers are the same that must differ: operands, and the index of a gather. */
function repeatsRegister(cursor: DecodeCursor, form: OpcodeForm, operands: readonly Operand[]): boolean {
  const used = operands.filter((operand) => operand.kind === "register").map((operand) => operand.index);
  if (form.isVsib) used.push(cursor.index);
  if (form.distinct === "destination") return used.indexOf(used[0]!, 1) > 0;
  return new Set(used).size < used.length;
}

const NO_VECTOR_PREFIX = {};

function vectorFields(
  cursor: DecodeCursor,
  form: OpcodeForm,
): Pick<Instruction, "vectorPrefix" | "vectorLength" | "evex"> {
  const vectorPrefix = cursor.vectorPrefix!;
  // A form that exists has a length.
  const vectorLength = cursor.vectorLength as 128 | 256 | 512;
  return vectorPrefix === "evex"
    ? { vectorPrefix, vectorLength, evex: evexFields(cursor, form) }
    : { vectorPrefix, vectorLength };
}

interface Reading {
  readonly mnemonic: string;
  readonly form: OpcodeForm;
  readonly operands: readonly Operand[];
}

function createInstruction(cursor: DecodeCursor, { mnemonic, form, operands }: Reading): Instruction {
  return {
    mnemonic,
    length: cursor.position - cursor.start,
    operandSize: form.reportedSize ?? cursor.operandSize,
    addressSize: cursor.addressSize,
    segment: cursor.segmentOverride >= 0 ? cursor.segmentOverride : SEGMENT_DS,
    ...(cursor.vectorPrefix === undefined ? NO_VECTOR_PREFIX : vectorFields(cursor, form)),
    lock: cursor.lock,
    repeat: cursor.repeatPrefix === 0 ? "none" : cursor.repeatPrefix === 0xf3 ? "rep" : "repne",
    operands,
    modrmReg: cursor.hasModrm ? cursor.reg | cursor.rexR : -1,
    bytes: cursor.bytes.slice(cursor.start, cursor.position),
  };
}
