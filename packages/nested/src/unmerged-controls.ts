import { type ControlName, controlMask, controlsOf } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";

/** Controls that silicon has and that L0 does not merge into vmcs02 yet. An L1 that sets one stops the run. */
const SECONDARY: readonly ControlName<"secondary">[] = ["eptViolationVe", "subPageWritePermissions"];
const SECONDARY_MASK = controlMask("secondary", ...SECONDARY);

/**
 * The first control in vmcs12 that L0 does not merge; null if there is none.
 * @param tellsUserPages whether silicon's EPT violations tell user-mode from supervisor-mode addresses
 */
export function unmergedControl(v12: VmcsView, tellsUserPages: boolean): string | null {
  if ((v12.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) === 0) return null;
  const mask = SECONDARY_MASK | (tellsUserPages ? 0 : C.PROC2_MODE_BASED);
  const [secondary] = controlsOf("secondary", (v12.lo(F.secondaryProcessorBasedControls) & mask) >>> 0);
  return secondary ?? null;
}
