import type { MoreInterrupts } from "../guest-interrupts.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { endsByItself } from "./synic.ts";
import { advanceTimers, timerDeadline } from "./synthetic-timers.ts";

/** What the synthetic interrupt controller adds to the others. */
export function createSyntheticInterrupts(vcpu: VmxVcpu): MoreInterrupts {
  return {
    get deadline() {
      return timerDeadline(vcpu);
    },
    advanceTo: (time) => advanceTimers(vcpu, time),
    endsByItself: (vector) => endsByItself(vcpu, vector),
  };
}
