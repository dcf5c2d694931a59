import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { GP } from "../system/exceptions.ts";
import { storedMsr, storeMsr } from "../system/msr-storage.ts";
import { loadSystemAt } from "../system/system-memory.ts";
import { expectEndbranchAfresh, hasShadowStack } from "./cet-state.ts";
import {
  CP_FAR_RET,
  exchangeToken,
  failEnforcement,
  loadShadow,
  pushShadow,
  setShadowPointer,
  shadowPointer,
  storeShadow,
} from "./shadow-memory.ts";

const PL0_SSP = MSRS.IA32_PL0_SSP.address;
const PL3_SSP = MSRS.IA32_PL3_SSP.address;
const TABLE = MSRS.IA32_INTERRUPT_SSP_TABLE_ADDR.address;
const BUSY = 1n;

/** Where a far transfer came from, as it is kept on a shadow stack. */
export interface ReturnPlace {
  readonly selector: number;
  readonly linear: bigint;
}

/** Linear address of an instruction pointer in the running code segment. */
export function linearInCode(c: Processor, rip: bigint): bigint {
  if (c.in64BitMode) return rip;
  const base = c.s[S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE]!;
  return BigInt.asUintN(32, rip + BigInt(base));
}

/** Pushes CS, the return address and the old pointer onto the running shadow stack, aligned. False when a fault is pending. */
export function pushFarFrame(c: Processor, from: ReturnPlace, user: boolean): boolean {
  const old = shadowPointer(c);
  if ((old & 7n) !== 0n && !storeShadow(c, old - 4n, 4, 0n, user)) return false;
  const top = pushShadow(c, old & ~7n, [BigInt(from.selector), from.linear, old], user);
  if (top === null) return false;
  setShadowPointer(c, top);
  return true;
}

/** Pops what `pushFarFrame` pushed and compares it. False when a fault is pending. */
export function popFarFrame(c: Processor, to: ReturnPlace, user: boolean): boolean {
  const top = shadowPointer(c);
  if ((top & 7n) !== 0n) return failEnforcement(c, CP_FAR_RET);
  const selector = loadShadow(c, top + 16n, 8, user);
  const linear = selector === null ? null : loadShadow(c, top + 8n, 8, user);
  const previous = linear === null ? null : loadShadow(c, top, 8, user);
  if (previous === null) return false;
  if (selector !== BigInt(to.selector) || linear !== to.linear || (previous & 3n) !== 0n)
    return failEnforcement(c, CP_FAR_RET);
  setShadowPointer(c, previous);
  return true;
}

/** The pointer of a shadow stack to switch to: by privilege level, or by IST from its table. Null when a fault is pending. */
function newShadowPointer(c: Processor, cpl: number, ist: number): bigint | null {
  if (ist === 0) return storedMsr(c, PL0_SSP + cpl);
  const at = storedMsr(c, TABLE) + BigInt(8 * ist);
  const low = loadSystemAt(c, Number(BigInt.asIntN(32, at)), Number(BigInt.asIntN(32, at >> 32n)), 8);
  return c.fault === 0 ? (BigInt(c.hi >>> 0) << 32n) | BigInt(low >>> 0) : null;
}

/** Takes a supervisor shadow stack by marking its token busy. Null when a fault is pending. */
function takeShadowStack(c: Processor, cpl: number, ist: number): bigint | null {
  const next = newShadowPointer(c, cpl, ist);
  if (next === null) return null;
  const old = (next & 7n) === 0n ? exchangeToken(c, next, next, next | BUSY) : -1n;
  if (old === null || old === next) return old;
  c.raise(GP, 0);
  return null;
}

/**
 * What entering a handler or a call gate's target at level `cpl` does to the shadow stacks, before anything else of the entry is committed
 * (SDM 3A "Shadow Stack Switching"). False when a fault is pending.
 */
export function enterShadowStack(c: Processor, cpl: number, ist: number, from: ReturnPlace): boolean {
  const old = c.s[S.CPL]!;
  const oldPointer = shadowPointer(c);
  const wasUser = old === 3 && hasShadowStack(c, 3);
  if (!hasShadowStack(c, cpl)) {
    if (wasUser && cpl !== 3) storeMsr(c, PL3_SSP, oldPointer);
    return true;
  }
  if (cpl === old && ist === 0) return pushFarFrame(c, from, cpl === 3);
  const top = takeShadowStack(c, cpl, ist);
  if (top === null) return false;
  let pushed: bigint | null = top;
  if (old !== 3) pushed = pushShadow(c, top, [BigInt(from.selector), from.linear, oldPointer], false);
  if (pushed === null) return false;
  if (wasUser) storeMsr(c, PL3_SSP, oldPointer);
  setShadowPointer(c, pushed);
  return true;
}

/** An event outside IA-32e mode: there supervisor shadow stacks, which a TSS names, are not simulated. False when the run stops. */
export function leaveForLegacySupervisor(c: Processor, cpl: number): boolean {
  if (hasShadowStack(c, cpl)) {
    c.stopUnimplemented("shadow stack of an event handler outside IA-32e mode", new Uint8Array());
    return false;
  }
  if (c.s[S.CPL] === 3 && cpl !== 3 && hasShadowStack(c, 3)) storeMsr(c, PL3_SSP, shadowPointer(c));
  return true;
}

/** SYSCALL and SYSENTER: the user's pointer is kept, the supervisor's starts from nothing. `from` is the level left. */
export function enterSystemCall(c: Processor, from: number): void {
  if (from === 3 && hasShadowStack(c, 3)) storeMsr(c, PL3_SSP, shadowPointer(c));
  if (hasShadowStack(c, 0)) setShadowPointer(c, 0n);
  expectEndbranchAfresh(c, 0);
}

/** After any transfer to level 3 from an inner one: the user's shadow stack goes on where it was left. */
export function resumeUserShadowStack(c: Processor): void {
  if (hasShadowStack(c, 3)) setShadowPointer(c, storedMsr(c, PL3_SSP));
}

/** Gives back the shadow stack that an outward return leaves. False when a fault is pending. */
export function releaseShadowStack(c: Processor, pointer: bigint): boolean {
  if ((pointer & 7n) !== 0n) return failEnforcement(c, CP_FAR_RET);
  return exchangeToken(c, pointer, pointer | BUSY, pointer) !== null;
}
