import { MSRS } from "@hvdiff/spec";
import { CF, writeArithmeticFlags } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { CR4_PCE, CR4_TSD } from "./control-bits.ts";
import { ENABLE_CHECK, GP, inRealMode, intercepted, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { timeOf } from "./msr-instructions.ts";
import { storedMsr } from "./msr-storage.ts";
import { readMsr } from "./msrs.ts";
import { writeOperand } from "./operands.ts";
import { loadTsc } from "./time-stamp.ts";

const LOW_HALF = 0xffff_ffffn;
const FIXED_COUNTERS = 1 << 30;

function setEdxEax(c: Processor, value: bigint): void {
  c.setGpr(0, value & LOW_HALF);
  c.setGpr(2, value >> 32n);
}

/** CR4.TSD keeps user mode from the clock. */
function tsdForbids(c: Processor): boolean {
  return (c.s[S.CR4]! & CR4_TSD) !== 0 && c.s[S.CPL] !== 0;
}

const rdtsc: Executor = (c, i) => {
  if (tsdForbids(c)) return raise(c, GP, 0);
  const status = intercepted(c, i, INTERCEPT.rdtsc);
  if (status !== STATUS_NEXT) return status;
  loadTsc(c, timeOf(c, i));
  return STATUS_NEXT;
};

const rdtscp: Executor = (c, i) => {
  if (!hasFeature(c, "rdtscp")) return raise(c, UD);
  const allowed = intercepted(c, i, INTERCEPT.rdtscp, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  if (tsdForbids(c)) return raise(c, GP, 0);
  const status = intercepted(c, i, INTERCEPT.rdtscp);
  if (status !== STATUS_NEXT) return status;
  loadTsc(c, timeOf(c, i));
  c.setGpr(1, storedMsr(c, MSRS.IA32_TSC_AUX.address) & LOW_HALF);
  return STATUS_NEXT;
};

const rdpid: Executor = (c, i) => {
  if (!hasFeature(c, "rdpid")) return raise(c, UD);
  const allowed = intercepted(c, i, INTERCEPT.rdtscp, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  writeOperand(c, i, 0, Number(BigInt.asIntN(32, storedMsr(c, MSRS.IA32_TSC_AUX.address))), 0);
  return STATUS_NEXT;
};

const rdpmc: Executor = (c, i) => {
  if ((c.s[S.CR4]! & CR4_PCE) === 0 && c.s[S.CPL] !== 0 && !inRealMode(c)) return raise(c, GP, 0);
  const index = c.s[S.GPR + 2]!;
  const status = intercepted(c, i, INTERCEPT.rdpmc, index);
  if (status !== STATUS_NEXT) return status;
  const isFixed = (index & FIXED_COUNTERS) !== 0;
  const n = index & ~FIXED_COUNTERS;
  const first = isFixed ? MSRS.IA32_FIXED_CTR0.address : MSRS.IA32_PMC0.address;
  const value = n >= 0 && n < (isFixed ? 3 : 8) ? readMsr(c, first + n) : undefined;
  if (value === undefined) return raise(c, GP, 0);
  setEdxEax(c, value);
  return STATUS_NEXT;
};

/** A well-mixed 64-bit number that depends only on processor and instruction count: the same run draws the same numbers. */
function drawn(c: Processor, time: number): bigint {
  let x = BigInt.asUintN(64, (BigInt(time) * 16n + BigInt(c.apicId) + 1n) * 0x9e37_79b9_7f4a_7c15n);
  x = BigInt.asUintN(64, (x ^ (x >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  x = BigInt.asUintN(64, (x ^ (x >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return x ^ (x >> 31n);
}

function random(feature: "rdrand" | "rdseed", id: number): Executor {
  return (c, i) => {
    if (!hasFeature(c, feature)) return raise(c, UD);
    const status = intercepted(c, i, id);
    if (status !== STATUS_NEXT) return status;
    c.clockReads++;
    const value = drawn(c, timeOf(c, i));
    writeOperand(c, i, 0, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
    writeArithmeticFlags(c.s, CF);
    return STATUS_NEXT;
  };
}

/** Clocks, counters and random numbers, all functions of counted work. SDM 2 "Instruction Set Reference". */
export const TIME_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  rdtsc,
  rdtscp,
  rdpid,
  rdpmc,
  rdrand: random("rdrand", INTERCEPT.rdrand),
  rdseed: random("rdseed", INTERCEPT.rdseed),
};
