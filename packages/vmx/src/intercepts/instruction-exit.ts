import { type Op, STATUS_ABORTED } from "@hvdiff/cpu";
import type { VmxCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";
import { RF_CLEAR } from "../exit/information.ts";

/** Starts the exit of an instruction: its length is reported and RFLAGS.RF is saved as 0. */
export function beginInstructionExit(core: VmxCore, op: Op, reason: number): void {
  const information = core.information.begin(reason);
  information.instructionLength = op.instruction.length;
  information.resumeFlag = RF_CLEAR;
}

/** Makes the exit that was begun. Always `STATUS_ABORTED`. */
export function endInstructionExit(core: VmxCore): number {
  makeExit(core);
  return STATUS_ABORTED;
}

/** An exit that reports nothing but the instruction's length. */
export function plainExit(core: VmxCore, op: Op, reason: number): number {
  beginInstructionExit(core, op, reason);
  return endInstructionExit(core);
}

/** An exit with instruction information and, as qualification, the displacement of the memory operand. */
export function operandExit(core: VmxCore, op: Op, reason: number, instructionInformation: number): number {
  beginInstructionExit(core, op, reason);
  core.information.instructionInformation = instructionInformation;
  core.information.qualify(op.dispLow, op.dispHigh);
  return endInstructionExit(core);
}
