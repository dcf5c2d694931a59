/** What one virtual processor has of the enlightened interface. Plain data: cloned, hashed and compared as it is. */
export interface EnlightenedState {
  /** The synthetic MSRs: guest operating system, hypercall page, virtual-processor assist page. */
  guestOs: bigint;
  hypercall: bigint;
  assist: bigint;
  /** L1-physical address of the active enlightened VMCS; -1 for none. */
  active: number;
  /** Host-physical page where L0 keeps the vmcs12 that is filled from it; 0 before the first. */
  page: number;
  /** Instructions in a row that were not completed. */
  repeats: number;
}

export function createEnlightenedState(): EnlightenedState {
  return {
    guestOs: 0n,
    hypercall: 0n,
    assist: 0n,
    active: -1,
    page: 0,
    repeats: 0,
  };
}
