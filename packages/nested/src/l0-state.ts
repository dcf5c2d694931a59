import { createSyntheticShared, type SyntheticShared } from "./enlightened/synic-state.ts";
import { createPagePool, type PagePoolState } from "./page-pool.ts";

/** An exception that L0 owes the running level. `errorCode` -1: none. The halves are what an exit qualification would hold: #PF's address. */
export interface OwedException {
  vector: number;
  errorCode: number;
  low: number;
  high: number;
}

/** What the virtual processors wait for each other for. Plain data. */
export interface Gathering {
  readonly purpose: "pause" | "migrate";
  /** Numbers of those that have returned to userspace. */
  readonly returned: number[];
  /** The host takes memory back meanwhile. */
  reclaims: boolean;
}

/** What the virtual processors of an L0 share. Plain data: cloned, hashed and compared as it is. */
export interface L0State {
  started: boolean;
  /** Host-physical root of the second-stage tables that map L1's memory. */
  tables01: number;
  /** Host-physical address of SVM's I/O permission map, with the MSR permission map behind it; 0 on silicon with VMX. */
  maps: number;
  pool: PagePoolState;
  /** What the guest wrote last where it asks for the wall-clock time. */
  wallClock: bigint;
  /** All virtual processors are to return to userspace; null where they are not. */
  gathering: Gathering | null;
  synthetic: SyntheticShared;
  /** Counters by name. */
  counters: Record<string, number>;
}

export function createL0State(): L0State {
  return {
    started: false,
    tables01: 0,
    maps: 0,
    pool: createPagePool(),
    wallClock: 0n,
    gathering: null,
    synthetic: createSyntheticShared(),
    counters: {},
  };
}
