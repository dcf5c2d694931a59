import type { InterruptMessage } from "@hvdiff/cpu";
import type { ResetKind } from "./devices/system-control.ts";

/** What a PC needs from whoever owns it: a machine on metal, an L0 or its VMM otherwise. */
export interface PcHost {
  /** Guest time in ticks. */
  now(): number;
  /** The 8259s' output changed. */
  interruptLine(asserted: boolean): void;
  /** An entry of the I/O APIC has been written. */
  routesChanged?(): void;
  /** An interrupt for local APICs. */
  deliverMessage(message: InterruptMessage): void;
  /** The time at which a device next acts by itself, whenever it may have changed. */
  deadlineChanged(deadline: number): void;
  /** The guest has asked for the end of the run. */
  exited(): void;
  /** The guest has reset the processors, or the whole machine; or a sleep has ended and firmware resumes; see `ResetKind`. */
  resetRequested(kind: ResetKind): void;
  /** The guest has written to the test device for synthetic interrupts; absent where there can be none. */
  synicControl?(value: number): void;
  /** The guest has turned the machine off. */
  powerOff(): void;
  /** The guest sleeps with its memory kept: processors stop until `resetRequested("wake")`. */
  suspended(): void;
  /** A line of serial output is complete. */
  serialLine(line: string): void;
}
