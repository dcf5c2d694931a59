import type { Processor } from "../processor.ts";
import { resetMsrs } from "./msr-storage.ts";
import { resetFloatingPoint } from "./xsave-components.ts";

/** State that is not zero after power-on and that no loader sets: MSRs and the floating-point control registers. */
export function resetSystemState(c: Processor): void {
  resetMsrs(c);
  resetFloatingPoint(c);
}
