import type { Op } from "./op.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";

/** DR6 bits of what a #DB reports (SDM 3B "Debug Status Register (DR6)"). */
export const DR6_BREAKPOINTS = 15;
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
export const DR6_RTM = 1 << 16;
/** In the pending debug exceptions of a VMCS: an enabled breakpoint was met. */
const ENABLED_BREAKPOINT = 1 << 12;

const DR7_ENABLES = 0xff;
const CR4_DE = 1 << 3;

/** What a breakpoint breaks on: R/W fields of DR7. */
const ON_EXECUTION = 0;
const ON_WRITE = 1;
const ON_IO = 2;
const ON_ACCESS = 3;

/** Bytes that a LEN field of DR7 stands for, less one. */
const LENGTH_MASKS = [0, 1, 7, 3] as const;

/** Whether DR7 enables any breakpoint. */
export function breakpointsEnabled(s: Int32Array): boolean {
  return (s[S.DR7]! & DR7_ENABLES) !== 0;
}

function isEnabled(dr7: number, n: number): boolean {
  return ((dr7 >>> (2 * n)) & 3) !== 0;
}

function kindOf(dr7: number, n: number): number {
  return (dr7 >>> (16 + 4 * n)) & 3;
}

function lengthMask(dr7: number, n: number): number {
  return LENGTH_MASKS[(dr7 >>> (18 + 4 * n)) & 3]!;
}

/** Whether DR7 enables a breakpoint on loads or stores. */
export function dataBreakpointsEnabled(s: Int32Array): boolean {
  const dr7 = s[S.DR7]!;
  if ((dr7 & DR7_ENABLES) === 0) return false;
  for (let n = 0; n < 4; n++) if (isEnabled(dr7, n) && (kindOf(dr7, n) & 1) !== 0) return true;
  return false;
}

/** DR6 bits of the enabled instruction breakpoints at a linear address. */
function executionBreakpoints(s: Int32Array, low: number, high: number): number {
  const dr7 = s[S.DR7]!;
  let met = 0;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || kindOf(dr7, n) !== ON_EXECUTION) continue;
    if (s[S.DR0 + 2 * n] === low && s[S.DR0 + 2 * n + 1] === high) met |= 1 << n;
  }
  return met;
}

/** DR6 bits of the enabled instruction breakpoints at an instruction. */
export function breakpointsAt(c: Processor, op: Op): number {
  if (c.in64BitMode) return executionBreakpoints(c.s, op.ripLow, op.ripHigh);
  const base = c.s[S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE]!;
  return executionBreakpoints(c.s, (op.ripLow + base) | 0, 0);
}

/** Makes a debug trap pending, to be taken at the next boundary. */
export function pendDebugTrap(s: Int32Array, bits: number): void {
  s[S.PENDING_DEBUG]! |= bits;
  s[S.EVENTS]! |= S.EVENT_DEBUG_TRAP;
}

/** Whether `size` bytes at one address and the bytes that a breakpoint covers have one in common. */
function overlaps(s: Int32Array, n: number, mask: number, low: number, high: number, size: number): boolean {
  const first = (s[S.DR0 + 2 * n]! & ~mask) | 0;
  if (s[S.DR0 + 2 * n + 1] !== high) return false;
  const distance = (first >>> 0) - (low >>> 0);
  return distance < size && distance > -1 - mask;
}

/** Notes the breakpoints that a load or store meets (SDM 3B "Data Memory and I/O Breakpoint Exception Conditions"). */
export function noteDataAccess(c: Processor, low: number, high: number, size: number, write: boolean): void {
  const { s } = c;
  const dr7 = s[S.DR7]!;
  let met = 0;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n)) continue;
    const kind = kindOf(dr7, n);
    if (kind !== ON_ACCESS && !(kind === ON_WRITE && write)) continue;
    if (overlaps(s, n, lengthMask(dr7, n), low, high, size)) met |= 1 << n;
  }
  if (met !== 0) pendDebugTrap(s, met | ENABLED_BREAKPOINT);
}

/** Notes the breakpoints that an access to a port meets; they need CR4.DE. */
export function noteIoAccess(c: Processor, port: number, size: number): void {
  const { s } = c;
  const dr7 = s[S.DR7]!;
  if ((dr7 & DR7_ENABLES) === 0 || (s[S.CR4]! & CR4_DE) === 0) return;
  let met = 0;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || kindOf(dr7, n) !== ON_IO) continue;
    if (overlaps(s, n, lengthMask(dr7, n), port, 0, size)) met |= 1 << n;
  }
  if (met !== 0) pendDebugTrap(s, met | ENABLED_BREAKPOINT);
}
