import { addressHigh, lowHalf } from "../address.ts";
import type { VmxEnvironment } from "../environment.ts";
import type { VmxOutcome } from "../outcome.ts";

/** VMPTRST: SDM 3C "VMPTRST—Store Pointer to Virtual-Machine Control Structure". All ones where no VMCS is current. */
export function vmptrst(env: VmxEnvironment): VmxOutcome {
  env.value.lo = lowHalf(env.currentPointer);
  env.value.hi = addressHigh(env.currentPointer);
  return env.value;
}
