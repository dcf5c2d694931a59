import { type ControlName, controlMask, controlsOf } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";

/** Controls that silicon has and that L0 does not merge into vmcs02 yet. An L1 that sets one stops the run. */
const PIN: readonly ControlName<"pin">[] = ["processPostedInterrupts"];
const SECONDARY: readonly ControlName<"secondary">[] = [
  "virtualizeX2apicMode",
  "apicRegisterVirtualization",
  "virtualInterruptDelivery",
  "vmcsShadowing",
  "enablePml",
  "eptViolationVe",
  "modeBasedExecuteControl",
  "subPageWritePermissions",
  "useTscScaling",
];

const PIN_MASK = controlMask("pin", ...PIN);
const SECONDARY_MASK = controlMask("secondary", ...SECONDARY);

/** The first control in vmcs12 that L0 does not merge; null if there is none. */
export function unmergedControl(v12: VmcsView): string | null {
  const [pin] = controlsOf("pin", (v12.lo(F.pinBasedControls) & PIN_MASK) >>> 0);
  if (pin !== undefined) return pin;
  if ((v12.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) === 0) return null;
  const [secondary] = controlsOf("secondary", (v12.lo(F.secondaryProcessorBasedControls) & SECONDARY_MASK) >>> 0);
  return secondary ?? null;
}
