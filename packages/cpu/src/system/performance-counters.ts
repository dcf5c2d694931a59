import type { CpuModel } from "../models/model.ts";
import { cpuidEntry } from "./features.ts";

const LEAF = 0xa;
const FIRST_FIXED = 32n;
/** From this version on ECX names the fixed-function counters one by one. */
const VERSION_WITH_BITMAP = 5;

function lowBits(count: number): number {
  return count >= 32 ? -1 >>> 0 : 2 ** count - 1;
}

/** General-purpose counters, from CPUID leaf 0AH. */
export function generalCounters(model: CpuModel): number {
  return ((cpuidEntry(model, LEAF, 0)?.eax ?? 0) >>> 8) & 0xff;
}

/** Fixed-function counters as a mask, from CPUID leaf 0AH. */
export function fixedCounters(model: CpuModel): number {
  const leaf = cpuidEntry(model, LEAF, 0);
  const version = (leaf?.eax ?? 0) & 0xff;
  if (leaf === undefined || version < 2) return 0;
  return lowBits(leaf.edx & 0x1f) | (version >= VERSION_WITH_BITMAP ? leaf.ecx : 0);
}

/** Bits of IA32_PERF_GLOBAL_CTRL that a model has: one for each counter (SDM 3B "Architectural Performance Monitoring Version 2"). */
export function globalCounterBits(model: CpuModel): bigint {
  return BigInt(lowBits(generalCounters(model))) | (BigInt(fixedCounters(model) >>> 0) << FIRST_FIXED);
}
