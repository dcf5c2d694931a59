import { FAULT_NONE, type Op, readOperand, STATUS_ABORTED, writeOperand } from "@hvdiff/cpu";
import { applyOutcome } from "./apply-outcome.ts";
import type { VmxCore } from "./core.ts";
import { checkPermission } from "./instructions/permission.ts";
import { vmread } from "./instructions/vmread.ts";
import { vmwrite } from "./instructions/vmwrite.ts";
import type { VmxOutcome } from "./outcome.ts";
import { traceVmread, traceVmwrite } from "./trace.ts";

function endVmread(core: VmxCore, encodingLow: number, encodingHigh: number, outcome: VmxOutcome): number {
  if (core.c.trace !== null) traceVmread(core.c.trace, encodingLow, encodingHigh, outcome);
  return applyOutcome(core.c, outcome);
}

/** VMREAD r/m, r: the encoding is the second operand. */
export function executeVmread(core: VmxCore, op: Op): number {
  const { c, environment } = core;
  const denied = checkPermission(environment);
  if (denied !== null) return applyOutcome(c, denied);
  const encodingLow = readOperand(c, op, 1);
  const encodingHigh = c.hi;
  const outcome = vmread(environment, encodingLow, encodingHigh);
  if (outcome.kind === "value" && !writeOperand(c, op, 0, outcome.lo, outcome.hi)) return STATUS_ABORTED;
  return endVmread(core, encodingLow, encodingHigh, outcome);
}

/** VMWRITE r, r/m: the encoding is the first operand. */
export function executeVmwrite(core: VmxCore, op: Op): number {
  const { c, environment, writeOperands } = core;
  const denied = checkPermission(environment);
  if (denied !== null) return applyOutcome(c, denied);
  writeOperands.valueLow = readOperand(c, op, 1);
  writeOperands.valueHigh = c.hi;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  writeOperands.encodingLow = readOperand(c, op, 0);
  writeOperands.encodingHigh = c.hi;
  const outcome = vmwrite(environment, writeOperands);
  if (c.trace !== null) traceVmwrite(c.trace, writeOperands, outcome);
  return applyOutcome(c, outcome);
}
