import type { Instruction, MemoryOperand, Operand } from "../decode/instruction.ts";

/**
 * What of an instruction is built into its executor; the rest (register numbers, displacements, immediates, addresses) comes from the
 * `Op`. Instructions of one shape share one compiled executor.
 */
export interface Shape {
  readonly instruction: Instruction;
  readonly codeBits: 16 | 32 | 64;
  /** Whether the stack pointer is 32 bits wide (outside 64-bit mode). */
  readonly stack32: boolean;
  readonly key: string;
}

const LEGACY_SEGMENTS = 4;

function operandKey(operand: Operand): string {
  if (operand.kind === "register")
    return `r${operand.class === "gpr" ? "" : operand.class}${operand.size}${operand.high8 ? "h" : ""}`;
  if (operand.kind === "memory") return memoryKey(operand);
  return operand.kind === "immediate" ? `i${operand.size}` : operand.kind;
}

function memoryKey(operand: MemoryOperand): string {
  const parts = `${operand.base >= 0 ? "b" : ""}${operand.index >= 0 ? `x${operand.scale}` : ""}`;
  return `m${operand.size}${parts}${operand.segment >= LEGACY_SEGMENTS ? "f" : ""}`;
}

/** Describes the shape of an instruction in a mode. */
export function shapeOf(instruction: Instruction, codeBits: 16 | 32 | 64, stack32: boolean): Shape {
  const mode = `${codeBits}${stack32 ? "s" : ""}`;
  const start = `${instruction.mnemonic}|${instruction.operandSize}|${instruction.addressSize}|${mode}`;
  const key = [start, ...instruction.operands.map(operandKey)].join("|");
  return { instruction, codeBits, stack32, key };
}
