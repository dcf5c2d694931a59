/** Where an L0 differs from a processor in what becomes of events that come together, or at a bad moment. */
export interface EventPolicy {
  /**
   * An exception that L0 has for L2 when an interrupt of L1's comes: it is injected first; or L1 gets the exit for the interrupt, and then the
   * exception; or nobody gets the exception, which a fault survives, whose instruction L2 executes again, and a trap does not.
   */
  readonly exceptionMeetsInterrupt: "injected-first" | "follows-exit" | "dropped";
  /** When an exception that L0 raises in L2 changes CR2 or DR6: when it is delivered; or at once, although L1 may take it as an exit. */
  readonly exceptionRegisters: "at-delivery" | "when-raised";
  /** What else waits when an event of L2 is delivered again: looked at right after that; or not before something asks for it. */
  readonly besideReinjection: "evaluated" | "left-until-requested";
  /** An interrupt that comes between the evaluation of events and the entry of L2: evaluated before the entry; or left for the next exit. */
  readonly arrivalBeforeEntry: "evaluated" | "left-for-next-exit";
  /** Interrupts of L1's machine that L1 leaves to L2: taken from the local APIC; or injected as long as they are requested there. */
  readonly directInterrupts: "acknowledged" | "injected-while-requested";
  /**
   * A notification of posted interrupts from another processor to one that is about to run L2: told to it at once; or looked for where it
   * runs first, and told afterwards.
   */
  readonly notification: "at-once" | "after-looking";
  /** A notification that has come while L2 ran, when L2 leaves before it is processed: an interrupt of L1's; or nothing. */
  readonly unprocessedNotification: "interrupts-l1" | "forgotten";
  /** HLT of an L2 whose L1 does not want to hear of it: silicon's; or L0's, which only an event for L1 ends. */
  readonly haltedL2: "on-silicon" | "woken-by-events-of-l1";
  /** Which ends of interrupts L1's I/O APIC hears of: all; or those of vectors that were noted in the VMCS that was current. */
  readonly endsOfInterrupts: "all" | "noted-in-current-vmcs";
}

export const ARCHITECTURAL_EVENTS: EventPolicy = {
  exceptionMeetsInterrupt: "injected-first",
  exceptionRegisters: "at-delivery",
  besideReinjection: "evaluated",
  arrivalBeforeEntry: "evaluated",
  directInterrupts: "acknowledged",
  notification: "at-once",
  unprocessedNotification: "interrupts-l1",
  haltedL2: "on-silicon",
  endsOfInterrupts: "all",
};
