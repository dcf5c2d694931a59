import { type ControlName, controlMask, controlsOf } from "@hvdiff/spec";
import type { VmxCore } from "../core.ts";
import type { EntryCheckContext } from "./check.ts";

/** Secondary controls that this simulator does not act on, like all tertiary ones. A guest that sets one stops the run. */
const SECONDARY: readonly ControlName<"secondary">[] = [
  "ptUsesGuestPhysicalAddresses",
  "pasidTranslation",
  "enablePconfig",
  "enableEnclvExiting",
  "vmmBusLockDetection",
  "instructionTimeout",
];

const SECONDARY_MASK = controlMask("secondary", ...SECONDARY);

function nameOf(x: EntryCheckContext): string {
  const [secondary] = controlsOf("secondary", (x.secondary & SECONDARY_MASK) >>> 0);
  const [tertiary] = controlsOf("tertiary", x.tertiary >>> 0);
  return secondary ?? tertiary ?? `tertiary control ${x.tertiary}`;
}

/** Stops the run, naming the control, when the VMCS asks for something that is not simulated. True if it does. */
export function stopsForControls({ c }: VmxCore, x: EntryCheckContext): boolean {
  if (((x.secondary & SECONDARY_MASK) | x.tertiary) === 0) return false;
  c.stopUnimplemented(`VM-execution control ${nameOf(x)}`, new Uint8Array(0));
  return true;
}
