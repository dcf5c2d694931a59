import type { Processor } from "../processor.ts";
import { MSR_RULES } from "./msr-rules.ts";

/**
 * Reads an MSR as RDMSR and the MSR lists of VM exits do, without tracing.
 * @param time retired instructions, for the time-stamp counter
 * @returns undefined where RDMSR raises #GP(0)
 */
export function readMsr(c: Processor, address: number, time: number = c.retired): bigint | undefined {
  const rule = MSR_RULES.get(address);
  if (rule === undefined) return c.model.msrs.get(address);
  if (rule.read === undefined || rule.exists?.(c) === false) return undefined;
  return rule.read(c, time);
}

/** Writes an MSR from halves as WRMSR and the MSR lists do. False where WRMSR raises #GP(0). */
export function writeMsr(c: Processor, address: number, low: number, high: number, time: number = c.retired): boolean {
  const rule = MSR_RULES.get(address);
  if (rule?.write === undefined || rule.exists?.(c) === false) return false;
  return rule.write(c, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), time);
}
