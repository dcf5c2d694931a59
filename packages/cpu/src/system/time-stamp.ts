import { MSRS } from "@hvdiff/spec";
import { rearmDeadline } from "../apic/timer.ts";
import type { Processor } from "../processor.ts";
import { TSC_OFFSET, VIRTUALIZATION_MODE } from "../state-layout.ts";
import { MODE_GUEST } from "./control-bits.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

const ADJUST = MSRS.IA32_TSC_ADJUST.address;

function hostTsc(c: Processor, time: number): bigint {
  return BigInt(time) + storedMsr(c, ADJUST);
}

/** The time-stamp counter at a count of retired instructions: one tick each, IA32_TSC_ADJUST and in guest mode the TSC offset added. */
export function readTsc(c: Processor, time: number): bigint {
  c.outsideAccesses++;
  const offset = c.s[VIRTUALIZATION_MODE] === MODE_GUEST ? c.get64(TSC_OFFSET) : 0n;
  return BigInt.asUintN(64, hostTsc(c, time) + offset);
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
