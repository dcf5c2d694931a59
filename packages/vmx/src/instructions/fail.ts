import { fieldIndex } from "@hvdiff/spec";
import type { VmxEnvironment } from "../environment.ts";
import { FAIL_INVALID, failValid, type VmxOutcome } from "../outcome.ts";
import type { PointerCheck } from "../policy.ts";

const VM_INSTRUCTION_ERROR = fieldIndex("vmInstructionError");

/** VMfail: VMfailValid with the number where a VMCS is current, else VMfailInvalid. Error 0 asks for VMfailInvalid. */
export function vmFail(env: VmxEnvironment, error: number): VmxOutcome {
  const vmcs = error === 0 ? null : env.currentVmcs();
  if (vmcs === null) return FAIL_INVALID;
  vmcs.set(VM_INSTRUCTION_ERROR, error, 0);
  return failValid(error);
}

/** Runs the checks of a pointer operand; null when all hold. */
export function checkPointer(
  env: VmxEnvironment,
  checks: readonly PointerCheck[],
  lo: number,
  hi: number,
): VmxOutcome | null {
  for (const check of checks) if (check.violated(env, lo, hi)) return vmFail(env, check.error);
  return null;
}
