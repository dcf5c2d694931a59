import type { AccessWatcher } from "@hvdiff/cpu";

/** Bytes of linear memory whose accesses stop the guest. */
export interface Watchpoint {
  readonly address: bigint;
  readonly length: number;
  readonly access: "read" | "write" | "any";
}

/** Linear address (halves), size, and whether it is a store. */
export type Access = Parameters<AccessWatcher>;

/** Whether an access touches what is watched, in the way that is watched. */
export function watchMeets(watchpoint: Watchpoint, [low, high, size, isWrite]: Access): boolean {
  if (watchpoint.access !== "any" && (watchpoint.access === "write") !== isWrite) return false;
  const start = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
  return start < watchpoint.address + BigInt(watchpoint.length) && watchpoint.address < start + BigInt(size);
}
