import { enterVirtualWireMode, type InterruptMessage, type Processor, STATE } from "@hvdiff/cpu";
import type { Pc } from "@hvdiff/machine";

/** Interrupts that come from elsewhere than the PC and the local APIC. */
export interface MoreInterrupts {
  readonly deadline: number;
  advanceTo(time: number): void;
  /** Whether an interrupt is over when it is taken. */
  endsByItself(vector: number): boolean;
}

/**
 * L1's interrupt controllers as one virtual processor sees them: its local APIC, with the register file that L0 keeps, and the PC's 8259s
 * and I/O APIC behind it.
 */
export class GuestInterrupts {
  private readonly file: Processor;
  private readonly pc: Pc;
  /** Null where there are none. */
  more: MoreInterrupts | null = null;

  /**
   * @param file L1's registers as L0 keeps them
   * @param send carries messages of the local APIC
   * @param hearsEnd whether the I/O APIC hears of the end of a level-triggered interrupt
   */
  constructor(
    file: Processor,
    pc: Pc,
    send: (message: InterruptMessage, exceptSender: boolean) => void,
    hearsEnd: (vector: number) => boolean = () => true,
  ) {
    this.file = file;
    this.pc = pc;
    file.apic.fabric = {
      send: (message, _sender, exceptSender) => send(message, exceptSender),
      endOfInterrupt: (vector) => {
        if (hearsEnd(vector)) pc.endOfInterrupt(vector);
      },
      deadlineChanged: () => {},
    };
    enterVirtualWireMode(file);
  }

  setLine(asserted: boolean): void {
    this.file.apic.setInterruptLine(asserted);
  }

  /** The line of the interrupt controllers, which have moved here, is what it was there. */
  takeLine(from: GuestInterrupts): void {
    this.setLine(from.file.s[STATE.INTERRUPT_LINE] !== 0);
  }

  /** Whether an interrupt waits that the virtual processor would take with IF set. */
  get pending(): boolean {
    return (this.file.s[STATE.EVENTS]! & STATE.EVENT_INTERRUPT) !== 0;
  }

  /** The highest vector that is requested of the local APIC, whatever the priorities; -1 if none. */
  get highestRequest(): number {
    return this.file.apic.highestRequest;
  }

  get nmiPending(): boolean {
    return (this.file.s[STATE.EVENTS]! & STATE.EVENT_NMI) !== 0;
  }

  takeNmi(): void {
    this.file.s[STATE.EVENTS]! &= ~STATE.EVENT_NMI;
  }

  /** The vector of the interrupt that is being taken. */
  acknowledge(): number {
    const { apic } = this.file;
    const vector = apic.acknowledge();
    if (this.more?.endsByItself(vector) === true) apic.endOfInterrupt();
    return vector;
  }

  /** Tick at which a device or the local APIC's timer acts next. */
  get deadline(): number {
    const deadline = Math.min(this.pc.deadline, this.file.apic.deadline);
    return this.more === null ? deadline : Math.min(deadline, this.more.deadline);
  }

  /** Lets devices and the timer act on the time that has passed. */
  advanceTo(time: number): void {
    this.pc.advanceTo(time);
    this.file.apic.advanceTo(time);
    this.more?.advanceTo(time);
  }
}
