import { MSRS } from "@hvdiff/spec";
import { rearmDeadline } from "../apic/timer.ts";
import type { Processor } from "../processor.ts";
import { GPR, TSC_MULTIPLIER, TSC_OFFSET, VIRTUALIZATION_MODE } from "../state-layout.ts";
import { MODE_GUEST } from "./control-bits.ts";
import { msrWord, storedMsr, storeMsr } from "./msr-storage.ts";

/** Bits of the TSC multiplier behind the point. */
const FRACTION_BITS = 48n;
const ADJUST = MSRS.IA32_TSC_ADJUST.address;
const ADJUST_WORD = msrWord(ADJUST)!;
const TWO_TO_32 = 2 ** 32;
const EAX = GPR;
const EDX = GPR + 4;

/** The counter without what a guest's offset makes of it. */
export function hostTsc(c: Processor, time: number): bigint {
  return BigInt.asUintN(64, BigInt(time) + storedMsr(c, ADJUST));
}

/** What a guest sees of the counter: multiplied, then offset (SDM 3C "Time-Stamp Counter Offset and Multiplier"). */
function guestTsc(c: Processor, host: bigint): bigint {
  const multiplier = c.get64(TSC_MULTIPLIER);
  const scaled = multiplier === 0n ? host : (host * multiplier) >> FRACTION_BITS;
  return BigInt.asUintN(64, scaled + c.get64(TSC_OFFSET));
}

/** What `readTsc` returns goes through memory: V8 11.3 (Node 20) dies of a choice of two BigInts of 64 bits that is then cut to fewer. */
const told = new BigUint64Array(1);

/** The time-stamp counter at a count of retired instructions: one tick each, and IA32_TSC_ADJUST added. */
export function readTsc(c: Processor, time: number): bigint {
  const host = hostTsc(c, time);
  if (c.s[VIRTUALIZATION_MODE] === MODE_GUEST) told[0] = guestTsc(c, host);
  else told[0] = host;
  return told[0]!;
}

/** Adds the 64-bit value at a word offset of the state to EDX:EAX; the upper halves of both registers are 0. */
function addToEdxEax({ s }: Processor, word: number): void {
  const low = (s[EAX]! >>> 0) + (s[word]! >>> 0);
  s[EAX] = low;
  s[EDX] = s[EDX]! + s[word + 1]! + (low >= TWO_TO_32 ? 1 : 0);
}

function isScaled({ s }: Processor): boolean {
  return s[VIRTUALIZATION_MODE] === MODE_GUEST && (s[TSC_MULTIPLIER]! | s[TSC_MULTIPLIER + 1]!) !== 0;
}

/** Loads EDX:EAX with what `readTsc` tells. */
export function loadTsc(c: Processor, time: number): void {
  const { s } = c;
  c.clockReads++;
  s[EAX + 1] = 0;
  s[EDX + 1] = 0;
  s[EAX] = time;
  s[EDX] = Math.floor(time / TWO_TO_32);
  addToEdxEax(c, ADJUST_WORD);
  if (isScaled(c)) {
    const tsc = readTsc(c, time);
    s[EAX] = Number(BigInt.asIntN(32, tsc));
    s[EDX] = Number(BigInt.asIntN(32, tsc >> 32n));
  } else if (s[VIRTUALIZATION_MODE] === MODE_GUEST) addToEdxEax(c, TSC_OFFSET);
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
