import type { Word } from "./bits.ts";
import { low32 } from "./bits.ts";
import { EXIT_REASONS } from "./exit-reasons-table.ts";

/** Name of a basic exit reason; a misspelt one is a compile error. */
export type ExitReasonName = keyof typeof EXIT_REASONS;

/** All exit reasons, ascending by number. */
export const EXIT_REASON_NAMES = Object.keys(EXIT_REASONS) as readonly ExitReasonName[];

/** Bits of the exit-reason field above the basic reason. */
export const EXIT_REASON_FLAGS = {
  shadowStackBusy: 25,
  busLockDetected: 26,
  enclaveMode: 27,
  pendingMtf: 28,
  fromVmxRoot: 29,
  entryFailure: 31,
} as const;

const BY_NUMBER = new Map<number, ExitReasonName>(EXIT_REASON_NAMES.map((name) => [EXIT_REASONS[name].number, name]));

/** Number of a basic exit reason. */
export function exitReasonNumber(name: ExitReasonName): number {
  return EXIT_REASONS[name].number;
}

/** Name of the basic reason in an exit-reason field, whatever its flags; undefined for numbers without meaning. */
export function exitReasonName(exitReason: Word): ExitReasonName | undefined {
  return BY_NUMBER.get(low32(BigInt(exitReason)) & 0xffff);
}

/** Whether an exit-reason field reports that a VM entry failed. */
export function isEntryFailure(exitReason: Word): boolean {
  return low32(BigInt(exitReason)) >>> EXIT_REASON_FLAGS.entryFailure === 1;
}
