import { joinAddress } from "../address.ts";
import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, type VmxOutcome } from "../outcome.ts";
import { checkPointer } from "./fail.ts";

/** VMCLEAR: SDM 3C "VMCLEAR—Clear Virtual-Machine Control Structure". The revision identifier is not looked at. */
export function vmclear(env: VmxEnvironment, lo: number, hi: number): VmxOutcome {
  const failed = checkPointer(env, env.policy.vmclearPointerChecks, lo, hi);
  if (failed !== null) return failed;
  const address = joinAddress(lo, hi);
  env.writeBack(address);
  env.setLaunched(address, false);
  if (env.currentPointer === address) env.currentPointer = -1;
  return SUCCEED;
}
