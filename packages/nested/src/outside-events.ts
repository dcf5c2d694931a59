import { type Processor, STATE } from "@hvdiff/cpu";
import { type Machine, messageOf, type ScheduledEvent } from "@hvdiff/machine";

const MODE_GUEST = 2;

/** What an event from outside concerns. */
interface Target {
  readonly machine: Machine;
  readonly silicon: Processor;
  /** L1's registers, with its local APIC. */
  readonly file: Processor;
  /** Notes a signal; null where there is no userspace half. */
  readonly signal: (() => void) | null;
}

/** Makes silicon leave its guest, or a processor that waits look about: the host's interrupt line. */
function kick({ machine, silicon }: Target): void {
  if (silicon.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST || machine.turns.isIdle(silicon))
    machine.requestHostInterrupt(silicon.index);
}

/** Takes an event that the schedule brings. False where it is not modelled. */
export function takeFromOutside(target: Target, event: ScheduledEvent): boolean {
  const message = messageOf(event);
  if (message !== null) target.file.apic.accept(message);
  else if (event.kind === "signal") {
    if (target.signal === null) return false;
    target.signal();
  } else if (event.kind !== "host-irq") return false;
  kick(target);
  return true;
}
