import { resetLocalApic } from "../apic/reset.ts";
import type { Processor } from "../processor.ts";
import { resetMsrs } from "./msr-storage.ts";
import { resetFloatingPoint } from "./xsave-components.ts";

/** State that is not zero after power-on and that no loader sets: MSRs, the floating-point control registers, the local APIC. */
export function resetSystemState(c: Processor): void {
  resetMsrs(c);
  resetFloatingPoint(c);
  resetLocalApic(c);
}
