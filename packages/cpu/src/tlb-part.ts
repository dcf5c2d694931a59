import { dataBreakpointsEnabled } from "./debug-registers.ts";
import { AC } from "./flags.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";

const CR0_AM = 1 << 18;
const CR4_SMAP = 1 << 21;

/** Whether SMAP lets a supervisor access reach user pages because RFLAGS.AC is set (SDM 3A "Determination of Access Rights"). */
export function overridesSmap(c: Processor): boolean {
  return (c.s[S.FLAG_SYSTEM]! & AC) !== 0 && c.s[S.CPL]! < 3 && !c.implicitAccess;
}

/** Whether data accesses of the running code must be aligned (SDM 3A "Interrupt 17 - Alignment Check Exception"). */
export function checksAlignment(c: Processor): boolean {
  const { s } = c;
  return (s[S.FLAG_SYSTEM]! & AC) !== 0 && s[S.CPL] === 3 && (s[S.CR0]! & CR0_AM) !== 0;
}

/** Word offset of the part of the running TLB context that holds the translations of an access with a privilege. */
export function tlbPart(c: Processor, user: boolean): number {
  const context = c.s[S.TLB_CONTEXT]!;
  if (user) return context + S.TLB_PART_USER;
  return (c.s[S.CR4]! & CR4_SMAP) !== 0 && overridesSmap(c) ? context + S.TLB_PART_AC : context;
}

/** Where data accesses look up their translation: nowhere, if something must be looked at in each of them. */
export function dataTlbPart(c: Processor, running: number): number {
  return checksAlignment(c) || dataBreakpointsEnabled(c.s) || c.watcher !== null ? S.TLB_NEVER : running;
}
