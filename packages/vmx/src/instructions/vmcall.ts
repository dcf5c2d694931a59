import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, type VmxOutcome } from "../outcome.ts";
import { vmFail } from "./fail.ts";

/** VMCALL in root operation, where no SMM monitor listens: SDM 3C "VMCALL—Call to VM Monitor". */
export function vmcall(env: VmxEnvironment): VmxOutcome {
  const error = env.policy.vmcallInRootError(env);
  return error < 0 ? SUCCEED : vmFail(env, error);
}
