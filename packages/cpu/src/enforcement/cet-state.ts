import { MSRS } from "@hvdiff/spec";
import { VM } from "../flags.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { CR0_PE, CR4_CET } from "../system/control-bits.ts";
import { msrWord } from "../system/msr-storage.ts";

/** Bits of IA32_U_CET and IA32_S_CET (SDM 1 "CET MSRs"). */
export const SH_STK_EN = 1;
export const WR_SHSTK_EN = 2;
export const ENDBR_EN = 4;
export const LEG_IW_EN = 8;
export const NO_TRACK_EN = 16;
export const SUPPRESS_DIS = 32;
export const SUPPRESS = 1 << 10;
export const TRACKER = 1 << 11;

const USER_WORD = msrWord(MSRS.IA32_U_CET.address)!;
const SUPERVISOR_WORD = msrWord(MSRS.IA32_S_CET.address)!;

/** State word of the control MSR of a privilege level. */
export function cetWord(cpl: number): number {
  return cpl === 3 ? USER_WORD : SUPERVISOR_WORD;
}

/** Enabled bits of the control MSR of a privilege level; 0 where control-flow enforcement is off altogether. */
export function cetBits(c: Processor, cpl: number): number {
  const { s } = c;
  if ((s[S.CR4]! & CR4_CET) === 0 || (s[S.CR0]! & CR0_PE) === 0 || (s[S.FLAG_SYSTEM]! & VM) !== 0) return 0;
  return s[cetWord(cpl)]!;
}

/** Whether the running code has a shadow stack or is tracked: then each instruction must be looked at. */
export function isEnforced(c: Processor): boolean {
  return (cetBits(c, c.s[S.CPL]!) & (SH_STK_EN | ENDBR_EN)) !== 0;
}

/** Whether a privilege level has a shadow stack. */
export function hasShadowStack(c: Processor, cpl: number): boolean {
  return (cetBits(c, cpl) & SH_STK_EN) !== 0;
}

/** After a transfer whose target must be an ENDBRANCH: waits for it, unless tracking is off or suppressed. */
export function expectEndbranch(c: Processor, cpl: number): void {
  if ((cetBits(c, cpl) & (ENDBR_EN | SUPPRESS)) === ENDBR_EN) c.s[cetWord(cpl)]! |= TRACKER;
}

/** After entering a handler or a system call: tracking starts afresh. */
export function expectEndbranchAfresh(c: Processor, cpl: number): void {
  if ((cetBits(c, cpl) & ENDBR_EN) === 0) return;
  c.s[cetWord(cpl)]! &= ~SUPPRESS;
  c.s[cetWord(cpl)]! |= TRACKER;
}
