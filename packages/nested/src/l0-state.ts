import { exitReasonName } from "@hvdiff/spec";
import { createPagePool, type PagePoolState } from "./page-pool.ts";
import type { ShadowRoot } from "./shadow-ept.ts";

/** An exception that L0 owes the running level. `errorCode` -1: none. The halves are what an exit qualification would hold: #PF's address. */
export interface OwedException {
  vector: number;
  errorCode: number;
  low: number;
  high: number;
}

/**
 * Everything an L0 knows about one virtual CPU beside its VMCSs and the virtual register file, which lie in memory. Plain data: cloned,
 * hashed and compared as it is.
 */
export interface L0State {
  /** Host-physical addresses of the two VMCSs that silicon runs, and whether each has been launched. */
  vmcs01: number;
  vmcs02: number;
  launched01: boolean;
  launched02: boolean;
  /** L1's VMX operation, as L1's own instructions made it. */
  vmxOn: boolean;
  vmxonPointer: number;
  currentPointer: number;
  /** L2 is what runs next (vmcs02 is current). */
  guestMode: boolean;
  /** L1's VMLAUNCH or VMRESUME was accepted and L2 has not been entered yet. */
  runPending: boolean;
  /** The entry that was accepted is a VMLAUNCH: vmcs12 becomes launched when silicon has entered L2. */
  launching: boolean;
  /** The accepted entry still has to be merged: the next step of L0. */
  mergePending: boolean;
  owed: OwedException | null;
  /** An event whose delivery an exit interrupted and that must be delivered again: interruption information, error code, length. */
  reinject: { information: number; errorCode: number; length: number } | null;
  halted: boolean;
  /** A signal waits for the thread of the userspace half: before the next entry the run returns to it. */
  signal: boolean;
  /** L0 has done an instruction of L2 with "monitor trap flag" set in vmcs12: the exit to L1 comes before the next one. */
  monitorTrapOwed: boolean;
  /** VMX-abort indicator of L1's failed VM exit; 0 for none. */
  abort: number;
  ept01: number;
  /** Host-physical address of the MSR bitmap that vmcs02 uses with x2APIC virtualization. */
  msrBitmap02: number;
  shadows: ShadowRoot[];
  /** EPTP12 whose shadow vmcs02 uses; 0 without EPT in L1. */
  pool: PagePoolState;
  /** VPID that L1 gave its guest at the last entry. */
  lastVpid12: number;
  /** Last line of VMCS-independent counters, by name. */
  counters: Record<string, number>;
}

export function createL0State(): L0State {
  return {
    vmcs01: 0,
    vmcs02: 0,
    launched01: false,
    launched02: false,
    vmxOn: false,
    vmxonPointer: -1,
    currentPointer: -1,
    guestMode: false,
    runPending: false,
    launching: false,
    mergePending: false,
    owed: null,
    reinject: null,
    halted: false,
    signal: false,
    monitorTrapOwed: false,
    abort: 0,
    ept01: 0,
    msrBitmap02: 0,
    shadows: [],
    pool: createPagePool(),
    lastVpid12: -1,
    counters: {},
  };
}

const EXIT_COUNTERS: readonly string[][] = [1, 2].map((level) =>
  Array.from({ length: 128 }, (_, basic) => `exits.l${level}.${exitReasonName(basic) ?? basic}`),
);

/** Name of the counter of exits from a level (1 or 2) with a basic reason. Made beforehand: this is asked at every exit. */
export function exitCounter(level: number, basic: number): string {
  return EXIT_COUNTERS[level - 1]?.[basic] ?? `exits.l${level}.${basic}`;
}

/** Adds one to a counter. */
export function count(state: L0State, name: string): void {
  state.counters[name] = (state.counters[name] ?? 0) + 1;
}
