import type { Instruction } from "../decode/instruction.ts";

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

/** Describes the shape of an instruction in a mode. */
export function shapeOf(instruction: Instruction, codeBits: 16 | 32 | 64, stack32: boolean): Shape {
  let key = `${instruction.mnemonic}|${instruction.operandSize}|${instruction.addressSize}|${codeBits}${stack32 ? "s" : ""}`;
  for (const operand of instruction.operands) {
    if (operand.kind === "register")
      key += `|r${operand.class === "gpr" ? "" : operand.class}${operand.size}${operand.high8 ? "h" : ""}`;
    else if (operand.kind === "memory") {
      const parts = `${operand.base >= 0 ? "b" : ""}${operand.index >= 0 ? `x${operand.scale}` : ""}`;
      key += `|m${operand.size}${parts}${operand.segment >= LEGACY_SEGMENTS ? "f" : ""}`;
    } else if (operand.kind === "immediate") key += `|i${operand.size}`;
    else key += `|${operand.kind}`;
  }
  return { instruction, codeBits, stack32, key };
}
