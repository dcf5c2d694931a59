/**
 * Hypercalls that an L0 answers: the number is in rAX, arguments are in rBX, rCX, rDX and rSI, the answer is in rAX. The defaults are that there
 * are none.
 */
export interface HypercallPolicy {
  /** The answer to a number that stands for nothing; null: the instruction is not a hypercall. */
  readonly unknown: number | null;
  /** The answer to whoever has not CPL 0; null: privilege is not looked at. */
  readonly unprivileged: number | null;
  /** Number of the call that looks for interrupts, which L0 does before each entry anyway. */
  readonly poll: number | null;
  /** Number of the call that wakes the virtual processor whose local APIC's ID is the second argument. */
  readonly wake: number | null;
  /** Number of the call that stores the time of day and the time stamp of the same moment at the address that is the first argument. */
  readonly pairClocks: number | null;
  /**
   * Number of the call that sends an interrupt to each local APIC of a set: two arguments of bits, the ID that the first bit stands for, and the low
   * half of the interrupt-command register. The answer is how many got it.
   */
  readonly sendInterrupts: number | null;
  /** Number of the call that gives way to another virtual processor. */
  readonly giveWay: number | null;
}

export const NO_HYPERCALLS: HypercallPolicy = {
  unknown: null,
  unprivileged: null,
  poll: null,
  wake: null,
  pairClocks: null,
  sendInterrupts: null,
  giveWay: null,
};
