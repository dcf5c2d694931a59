/** Where an L0 differs from a processor in what becomes of events that come together, or at a bad moment. */
export interface EventPolicy {
  /** An exception that L0 has for L2 when an interrupt of L1's comes: it is injected first; or L1 gets the exit for the interrupt, and then the exception. */
  readonly exceptionMeetsInterrupt: "injected-first" | "follows-exit";
  /** What else waits when an event of L2 is delivered again: looked at right after that; or not before something asks for it. */
  readonly besideReinjection: "evaluated" | "left-until-requested";
  /** An interrupt that comes between the evaluation of events and the entry of L2: evaluated before the entry; or left for the next exit. */
  readonly arrivalBeforeEntry: "evaluated" | "left-for-next-exit";
  /** Interrupts of L1's machine that L1 leaves to L2: taken from the local APIC; or injected as long as they are requested there. */
  readonly directInterrupts: "acknowledged" | "injected-while-requested";
}

export const ARCHITECTURAL_EVENTS: EventPolicy = {
  exceptionMeetsInterrupt: "injected-first",
  besideReinjection: "evaluated",
  arrivalBeforeEntry: "evaluated",
  directInterrupts: "acknowledged",
};
