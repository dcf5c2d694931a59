import { joinAddress } from "../address.ts";
import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, type VmxOutcome } from "../outcome.ts";
import { checkPointer } from "./fail.ts";

/** VMPTRLD: SDM 3C "VMPTRLD—Load Pointer to Virtual-Machine Control Structure". */
export function vmptrld(env: VmxEnvironment, lo: number, hi: number): VmxOutcome {
  const failed = checkPointer(env, env.policy.vmptrldPointerChecks, lo, hi);
  if (failed !== null) return failed;
  const address = joinAddress(lo, hi);
  if (env.currentPointer !== -1 && env.currentPointer !== address) env.writeBack(env.currentPointer);
  env.currentPointer = address;
  return SUCCEED;
}
