import { type ControlName, controlMask, controlsOf } from "@hvdiff/spec";
import type { VmxCore } from "../core.ts";
import type { EntryCheckContext } from "./check.ts";

/** Controls that processors advertise and this simulator does not act on yet. A guest that sets one stops the run. */
const PIN: readonly ControlName<"pin">[] = [];
const SECONDARY: readonly ControlName<"secondary">[] = ["subPageWritePermissions"];

const PIN_MASK = controlMask("pin", ...PIN);
const SECONDARY_MASK = controlMask("secondary", ...SECONDARY);

function nameOf(x: EntryCheckContext): string {
  const [pin] = controlsOf("pin", (x.pin & PIN_MASK) >>> 0);
  const [secondary] = controlsOf("secondary", (x.secondary & SECONDARY_MASK) >>> 0);
  return pin ?? secondary ?? `tertiary control ${x.tertiary}`;
}

/** Stops the run, naming the control, when the VMCS asks for something that is not simulated. True if it does. */
export function stopsForControls({ c }: VmxCore, x: EntryCheckContext): boolean {
  if (((x.pin & PIN_MASK) | (x.secondary & SECONDARY_MASK) | x.tertiary) === 0) return false;
  c.stopUnimplemented(`VM-execution control ${nameOf(x)}`, new Uint8Array(0));
  return true;
}
