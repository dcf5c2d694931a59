import type { DecodeCursor } from "./cursor.ts";
import { EVEX_OPCODES } from "./evex-table.ts";
import type { EvexFields, Operand } from "./instruction.ts";
import type { OpcodeForm, OpcodeNode } from "./opcode-form.ts";
import { createOpcodeMap } from "./opcode-map.ts";
import { REPEAT_BY_PP } from "./prefixes.ts";

const EVEX_MAPS = EVEX_OPCODES.map((table) => table && createOpcodeMap(Object.fromEntries(table)));
/** By L'L; 11 is no length. */
const LENGTHS: readonly DecodeCursor["vectorLength"][] = [128, 256, 512, 0];
const ROUNDINGS: readonly EvexFields["rounding"][] = ["nearest", "down", "up", "zero"];

/** Reads the three payload bytes behind 62 and the opcode (SDM 2A "Instruction Format and EVEX"). */
export function readEvexOpcode(cursor: DecodeCursor): OpcodeNode | undefined {
  cursor.vectorPrefix = "evex";
  const first = cursor.readByte();
  const second = cursor.readByte();
  const third = cursor.readByte();
  const map = EVEX_MAPS[first & 7];
  if ((first & 8) !== 0 || (second & 4) === 0 || map === undefined) return undefined;
  applyRegisterBits(cursor, first, second, third);
  cursor.rexW = (second & 0x80) !== 0;
  const pp = second & 3;
  cursor.operandSizePrefix = pp === 1;
  cursor.repeatPrefix = REPEAT_BY_PP[pp]!;
  cursor.evexZeroing = (third & 0x80) !== 0;
  cursor.evexLength = (third >> 5) & 3;
  cursor.vectorLength = LENGTHS[cursor.evexLength]!;
  cursor.evexB = (third & 0x10) !== 0;
  cursor.evexMask = third & 7;
  cursor.opcode = cursor.readByte();
  return map.lookUp(cursor.opcode);
}

/** R, X, B and R' lie inverted in bits 7 to 4 of the first byte, vvvv and V' in the others. */
function applyRegisterBits(cursor: DecodeCursor, first: number, second: number, third: number): void {
  const vvvv = (~second >> 3) & 15;
  const high = (~third & 8) << 1;
  cursor.hasVvvv = vvvv !== 0;
  cursor.vvvv = cursor.bits === 64 ? vvvv : vvvv & 7;
  cursor.hasEvexV = high !== 0;
  if (cursor.bits !== 64) return;
  cursor.rexR = (first & 0x80) === 0 ? 8 : 0;
  cursor.rexX = (first & 0x40) === 0 ? 8 : 0;
  cursor.rexB = (first & 0x20) === 0 ? 8 : 0;
  cursor.evexX = cursor.rexX << 1;
  cursor.evexR = (first & 0x10) === 0 ? 16 : 0;
  cursor.evexV = high;
}

/** In register forms the broadcast bit takes L'L for rounding and implies the longest vectors. The ModRM byte has been read. */
export function adoptImpliedLength(cursor: DecodeCursor): void {
  if (cursor.evexB && cursor.mod === 3) cursor.vectorLength = 512;
}

/** Prepares the memory operand of a form: broadcast and the unit of a displacement byte. */
export function prepareMemory(cursor: DecodeCursor, form: OpcodeForm): void {
  cursor.displacementUnit = form.displacementUnit;
  if (cursor.evexB) cursor.broadcastElement = form.broadcast;
}

/** Masking, zeroing, broadcast and rounding bits that the form does not have. */
export function isIllegalEvex(cursor: DecodeCursor, form: OpcodeForm, operands: readonly Operand[]): boolean {
  if (cursor.evexMask !== 0 ? form.masking === "none" : form.masking === "required") return true;
  if (cursor.evexZeroing && !isZeroable(cursor, form, operands)) return true;
  if (cursor.hasEvexV && !usesEvexV(cursor, form)) return true;
  if (!cursor.evexB) return false;
  return cursor.mod === 3 ? form.rounding === "none" : form.broadcast === 0;
}

/** V' extends vvvv or a vector index, and exists in 64-bit mode only (SDM 2A "#UD Equations for EVEX"). */
function usesEvexV(cursor: DecodeCursor, form: OpcodeForm): boolean {
  return cursor.bits === 64 && (form.isVsib || form.usesVvvv);
}

function isZeroable(cursor: DecodeCursor, form: OpcodeForm, operands: readonly Operand[]): boolean {
  return form.masking === "zeroing" && cursor.evexMask !== 0 && operands[0]?.kind !== "memory";
}

function roundingOf(cursor: DecodeCursor, form: OpcodeForm): EvexFields["rounding"] {
  if (!cursor.evexB || cursor.mod !== 3) return "mxcsr";
  return form.rounding === "control" ? ROUNDINGS[cursor.evexLength]! : "suppress";
}

/** What the instruction says of its EVEX prefix. */
export function evexFields(cursor: DecodeCursor, form: OpcodeForm): EvexFields {
  return {
    mask: cursor.evexMask,
    zeroing: cursor.evexZeroing,
    broadcast: cursor.evexB && cursor.mod !== 3,
    rounding: roundingOf(cursor, form),
    isVectorSized: form.isVectorSized,
  };
}
