import type { Processor } from "../processor.ts";
import { CR8 } from "../state-layout.ts";
import * as R from "./registers.ts";
import { resetTimer } from "./timer.ts";

const SPURIOUS_AT_RESET = 0xff;
const DELIVER_EXTERNAL = 0x700;
const DELIVER_NMI = 0x400;

/** Power-up, INIT, and the disabled state (SDM 3A "Local APIC State After Power-Up or Reset"). */
export function resetLocalApic(c: Processor): void {
  const s = c.s;
  s.fill(0, R.TPR, R.TPR + R.REGISTER_WORDS);
  s[CR8] = 0;
  s[R.DESTINATION_FORMAT] = -1;
  s[R.SPURIOUS] = SPURIOUS_AT_RESET;
  for (let word = R.LVT_TIMER; word <= R.LVT_ERROR; word++) s[word] = R.MASKED;
  resetTimer(c);
  c.apic.modeChanged();
}

/**
 * Virtual-wire mode, as firmware leaves the bootstrap processor's (MultiProcessor Specification "Virtual Wire Mode"): software-enabled, the
 * interrupt controller at LINT0, NMI at LINT1.
 */
export function enterVirtualWireMode(c: Processor): void {
  c.s[R.SPURIOUS] = R.SOFTWARE_ENABLE | 0xff;
  c.s[R.LVT_LINT0] = DELIVER_EXTERNAL;
  c.s[R.LVT_LINT1] = DELIVER_NMI;
  c.apic.update();
}
