import type { VmcsView } from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";

/**
 * The control in vmcs12 that L0 does not merge into vmcs02; null if there is none. An L1 that sets it stops the run.
 * @param tellsUserPages whether silicon's EPT violations tell user-mode from supervisor-mode addresses
 */
export function unmergedControl(v12: VmcsView, tellsUserPages: boolean): string | null {
  const isModeBased = (activeSecondary(v12) & C.PROC2_MODE_BASED) !== 0;
  return isModeBased && !tellsUserPages ? "modeBasedExecuteControl" : null;
}
