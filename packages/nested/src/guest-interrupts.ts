import { enterVirtualWireMode, type InterruptMessage, type Processor, STATE, xapicDestination } from "@hvdiff/cpu";
import type { Pc } from "@hvdiff/machine";

/**
 * L1's interrupt controllers as L0 models them: the local APIC of its one virtual processor, with the register file that L0 keeps, and the
 * PC's 8259s and I/O APIC behind it.
 */
export class GuestInterrupts {
  private readonly file: Processor;
  private readonly pc: Pc;

  /**
   * @param file L1's registers as L0 keeps them
   * @param send carries messages of the local APIC to others; absent: there are no others
   */
  constructor(file: Processor, pc: Pc, send?: (message: InterruptMessage, exceptSender: boolean) => void) {
    this.file = file;
    this.pc = pc;
    file.apic.fabric = {
      send: (message, _sender, exceptSender) => {
        if (send !== undefined) send(message, exceptSender);
        else if (!exceptSender) this.deliver(message);
      },
      endOfInterrupt: (vector) => pc.endOfInterrupt(vector),
      deadlineChanged: () => {},
    };
    enterVirtualWireMode(file);
  }

  /** A message of the I/O APIC or a device. */
  deliverFromDevice(message: InterruptMessage): void {
    const destination = message.logical ? message.destination : xapicDestination(message.destination);
    this.deliver({ ...message, destination });
  }

  private deliver(message: InterruptMessage): void {
    if (this.file.apic.isDestination(message)) this.file.apic.accept(message);
  }

  setLine(asserted: boolean): void {
    this.file.apic.setInterruptLine(asserted);
  }

  /** Whether an interrupt waits that the virtual processor would take with IF set. */
  get pending(): boolean {
    return (this.file.s[STATE.EVENTS]! & STATE.EVENT_INTERRUPT) !== 0;
  }

  get nmiPending(): boolean {
    return (this.file.s[STATE.EVENTS]! & STATE.EVENT_NMI) !== 0;
  }

  /** Whether something has come that ends HLT. */
  get wakes(): boolean {
    return this.pending || this.nmiPending;
  }

  takeNmi(): void {
    this.file.s[STATE.EVENTS]! &= ~STATE.EVENT_NMI;
  }

  /** The vector of the interrupt that is being taken. */
  acknowledge(): number {
    return this.file.apic.acknowledge();
  }

  /** Tick at which a device or the local APIC's timer acts next. */
  get deadline(): number {
    return Math.min(this.pc.deadline, this.file.apic.deadline);
  }

  /** Lets devices and the timer act on the time that has passed. */
  advanceTo(time: number): void {
    this.pc.advanceTo(time);
    this.file.apic.advanceTo(time);
  }
}
