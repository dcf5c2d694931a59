import { createSynicState, type SynicState } from "./synic-state.ts";

/** What one virtual processor has of the enlightened interface. Plain data: cloned, hashed and compared as it is. */
export interface EnlightenedState {
  /** The synthetic MSR of the virtual-processor assist page. */
  assist: bigint;
  /** L1-physical address of the active enlightened VMCS; -1 for none. */
  active: number;
  /** Host-physical page where L0 keeps the vmcs12 that is filled from it; 0 before the first. */
  page: number;
  /** vmcs12 has what the enlightened VMCS lacks: told before L1 goes on. */
  isStale: boolean;
  /** Instructions in a row that were not completed. */
  repeats: number;
  synic: SynicState;
}

export function createEnlightenedState(): EnlightenedState {
  return {
    assist: 0n,
    active: -1,
    page: 0,
    isStale: false,
    repeats: 0,
    synic: createSynicState(),
  };
}
