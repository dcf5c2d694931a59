import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";

/** The secondary controls of a VMCS that take effect. */
export function activeSecondary(v: VmcsView): number {
  const active = (v.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) !== 0;
  return active ? v.lo(F.secondaryProcessorBasedControls) : 0;
}
