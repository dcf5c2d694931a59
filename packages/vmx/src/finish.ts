import type { Op } from "@hvdiff/cpu";
import { applyOutcome } from "./apply-outcome.ts";
import type { VmxCore } from "./core.ts";
import type { VmxOutcome } from "./outcome.ts";
import { traceInstruction } from "./trace.ts";

/** Ends an instruction: trace and flags. */
export function finish(core: VmxCore, op: Op, outcome: VmxOutcome, operand?: bigint): number {
  const { c } = core;
  if (c.trace !== null) traceInstruction(c.trace, op.instruction.mnemonic, outcome, operand);
  return applyOutcome(c, outcome);
}
