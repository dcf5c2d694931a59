import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, type VmxOutcome } from "../outcome.ts";

/** VMXOFF: SDM 3C "VMXOFF—Leave VMX Operation". VMCS data stays as it is; software should have cleared it. */
export function vmxoff(env: VmxEnvironment): VmxOutcome {
  if (env.currentPointer !== -1 && env.policy.writesBackAtVmxoff) env.writeBack(env.currentPointer);
  env.inVmxOperation = false;
  env.currentPointer = -1;
  env.vmxonPointer = -1;
  return SUCCEED;
}
