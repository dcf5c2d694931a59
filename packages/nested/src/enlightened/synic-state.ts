/** Synthetic interrupt sources of a virtual processor, and its synthetic timers. */
export const SINTS = 16;
export const TIMERS = 4;

/** A synthetic timer. Times are in units of the reference counter, 100 ns. */
export interface SyntheticTimerState {
  config: bigint;
  count: bigint;
  /** When it expires; 0: it has not been started. */
  expires: number;
  /** Its message waits for the slot, or it is to be delivered at once. */
  pending: boolean;
}

/** The synthetic interrupt controller of one virtual processor. Plain data: cloned, hashed and compared as it is. */
export interface SynicState {
  control: bigint;
  eventPage: bigint;
  messagePage: bigint;
  sints: bigint[];
  timers: SyntheticTimerState[];
}

const MASKED = 1n << 16n;

export function createSynicState(): SynicState {
  return {
    control: 0n,
    eventPage: 0n,
    messagePage: 0n,
    sints: new Array<bigint>(SINTS).fill(MASKED),
    timers: Array.from({ length: TIMERS }, () => ({ config: 0n, count: 0n, expires: 0, pending: false })),
  };
}

/** A connection that a guest can send to: where what is sent arrives. */
export interface SynicConnection {
  readonly id: number;
  readonly kind: "message" | "event";
  readonly vcpu: number;
  readonly sint: number;
  /** A message that found the slot taken. */
  staged: readonly number[] | null;
}

/** What all virtual processors share of the synthetic interface. Plain data. */
export interface SyntheticShared {
  /** The MSRs of the guest operating system and the hypercall page. */
  guestOs: bigint;
  hypercall: bigint;
  referenceTsc: bigint;
  connections: SynicConnection[];
}

export function createSyntheticShared(): SyntheticShared {
  return { guestOs: 0n, hypercall: 0n, referenceTsc: 0n, connections: [] };
}
