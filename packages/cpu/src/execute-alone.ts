import type { Instruction, Operand } from "./decode/instruction.ts";
import { type Op, STATUS_ABORTED } from "./op.ts";
import { FAULT_NONE, type Processor } from "./processor.ts";
import { resolveOp } from "./resolve-op.ts";

/** What of an instruction matters when it is executed outside a block. */
export interface LoneInstruction {
  readonly mnemonic: string;
  readonly operands?: readonly Operand[];
  readonly operandSize?: 8 | 16 | 32 | 64;
  readonly repeat?: "none" | "rep" | "repne";
}

const resolved = new Map<string, Op>();

function keyOf(instruction: LoneInstruction): string {
  return JSON.stringify([instruction.mnemonic, instruction.operands, instruction.operandSize, instruction.repeat]);
}

function opOf(lone: LoneInstruction): Op {
  const key = keyOf(lone);
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const instruction: Instruction = {
    mnemonic: lone.mnemonic,
    length: 1,
    operandSize: lone.operandSize ?? 64,
    addressSize: 64,
    lock: false,
    repeat: lone.repeat ?? "none",
    operands: lone.operands ?? [],
    modrmReg: -1,
    bytes: new Uint8Array(0),
  };
  const op = resolveOp(instruction, { ripLow: 0, ripHigh: 0, codeBits: 64, stack32: true, position: 0 });
  resolved.set(key, op);
  return op;
}

/**
 * Executes one instruction on a processor whose code is not running: how a hypervisor emulates a privileged instruction on the register file
 * it keeps for its guest. RIP is not meaningful afterwards.
 * @returns false when the instruction faulted; the exception is in `processor.exception`
 */
export function executeAlone(processor: Processor, lone: LoneInstruction): boolean {
  processor.fault = FAULT_NONE;
  const op = opOf(lone);
  const status = op.run(processor, op);
  return status !== STATUS_ABORTED;
}

/** A 64-bit general-purpose register as an operand. */
export function generalOperand(index: number, size = 64): Operand {
  return { kind: "register", class: "gpr", index, size, high8: false };
}

/** A control register as an operand. */
export function controlOperand(index: number): Operand {
  return { kind: "register", class: "control", index, size: 64, high8: false };
}
