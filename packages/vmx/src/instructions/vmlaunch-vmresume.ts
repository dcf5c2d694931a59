import type { VmxEnvironment } from "../environment.ts";
import { ENTER, FAIL_INVALID, type VmxOutcome } from "../outcome.ts";
import { vmFail } from "./fail.ts";

function checkPreconditions(env: VmxEnvironment, isLaunch: boolean): VmxOutcome {
  if (env.currentPointer === -1) return FAIL_INVALID;
  for (const precondition of env.policy.entryPreconditions) {
    if (precondition.violated(env, isLaunch)) return vmFail(env, precondition.error);
  }
  return ENTER;
}

/** VMLAUNCH up to the checks of the VMCS: SDM 3C "VMLAUNCH/VMRESUME—Launch/Resume Virtual Machine". */
export function vmlaunch(env: VmxEnvironment): VmxOutcome {
  return checkPreconditions(env, true);
}

/** VMRESUME up to the checks of the VMCS. */
export function vmresume(env: VmxEnvironment): VmxOutcome {
  return checkPreconditions(env, false);
}
