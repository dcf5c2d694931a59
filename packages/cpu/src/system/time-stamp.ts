import { MSRS } from "@hvdiff/spec";
import { rearmDeadline } from "../apic/timer.ts";
import type { Processor } from "../processor.ts";
import { TSC_MULTIPLIER, TSC_OFFSET, VIRTUALIZATION_MODE } from "../state-layout.ts";
import { MODE_GUEST } from "./control-bits.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

/** Bits of the TSC multiplier behind the point. */
const FRACTION_BITS = 48n;
const ADJUST = MSRS.IA32_TSC_ADJUST.address;

/** The counter without what a guest's offset makes of it. */
export function hostTsc(c: Processor, time: number): bigint {
  return BigInt.asUintN(64, BigInt(time) + storedMsr(c, ADJUST));
}

/** What a guest sees of the counter: multiplied, then offset (SDM 3C "Time-Stamp Counter Offset and Multiplier"). */
function guestTsc(c: Processor, host: bigint): bigint {
  const multiplier = c.get64(TSC_MULTIPLIER);
  const scaled = multiplier === 0n ? host : (BigInt.asUintN(64, host) * multiplier) >> FRACTION_BITS;
  return scaled + c.get64(TSC_OFFSET);
}

/** The time-stamp counter at a count of retired instructions: one tick each, and IA32_TSC_ADJUST added. */
export function readTsc(c: Processor, time: number): bigint {
  c.outsideAccesses++;
  const host = hostTsc(c, time);
  return BigInt.asUintN(64, c.s[VIRTUALIZATION_MODE] === MODE_GUEST ? guestTsc(c, host) : host);
}

/** Writing the counter moves IA32_TSC_ADJUST by the same amount. */
export function writeTsc(c: Processor, value: bigint, time: number): boolean {
  storeMsr(c, ADJUST, BigInt.asUintN(64, storedMsr(c, ADJUST) + value - hostTsc(c, time)));
  rearmDeadline(c);
  return true;
}

export function writeTscAdjust(c: Processor, value: bigint): boolean {
  storeMsr(c, ADJUST, value);
  rearmDeadline(c);
  return true;
}
