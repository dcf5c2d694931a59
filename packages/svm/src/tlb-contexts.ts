import { STATE } from "@hvdiff/cpu";
import * as C from "./control-bits.ts";
import type { SvmCore } from "./core.ts";
import * as F from "./fields.ts";
import * as W from "./state.ts";

const HOST_CONTEXT = 0;
const FIRST_GUEST_CONTEXT = 1;

function flush({ c }: SvmCore, context: number): void {
  c.mmu.flushContext(STATE.TLB + context * STATE.TLB_CONTEXT_WORDS);
}

function find({ s }: SvmCore, asid: number): number {
  for (let context = FIRST_GUEST_CONTEXT; context < STATE.TLB_CONTEXTS; context++)
    if (s[W.TLB_ASIDS + context] === asid) return context;
  return -1;
}

function take(core: SvmCore, asid: number): number {
  const { s } = core;
  const context = FIRST_GUEST_CONTEXT + (s[W.NEXT_TLB_CONTEXT]! % (STATE.TLB_CONTEXTS - FIRST_GUEST_CONTEXT));
  s[W.NEXT_TLB_CONTEXT] = context;
  s[W.TLB_ASIDS + context] = asid;
  flush(core, context);
  return context;
}

/** The translations of every ASID, the host's too. */
function flushEveryAsid(core: SvmCore): void {
  flush(core, HOST_CONTEXT);
  for (let context = FIRST_GUEST_CONTEXT; context < STATE.TLB_CONTEXTS; context++)
    if (core.s[W.TLB_ASIDS + context] !== 0) flush(core, context);
}

/** Chooses the translations of the guest's ASID and obeys TLB_CONTROL (APM 2 "TLB Flush"). The guest's state is loaded. */
export function selectGuestContext(core: SvmCore): void {
  const { c, s, vmcb, capabilities } = core;
  const asid = s[W.ASID]!;
  const control = vmcb.lo(F.TLB_CONTROL) & 0xff;
  if (control === C.TLB_FLUSH_ALL) flushEveryAsid(core);
  const known = find(core, asid);
  const context = known < 0 ? take(core, asid) : known;
  c.selectTlbContext(context);
  if (!capabilities.flushByAsid || known < 0) return;
  if (control === C.TLB_FLUSH_GUEST) flush(core, context);
  else if (control === C.TLB_FLUSH_GUEST_NON_GLOBAL) c.mmu.flushNonGlobal();
}

/** The host has ASID 0. */
export function selectHostContext({ c }: SvmCore): void {
  c.selectTlbContext(HOST_CONTEXT);
}

/** Forgets the translation of a linear address for an ASID, 0 being the host's. */
export function flushPageOf(core: SvmCore, asid: number, low: number, high: number): void {
  const { c, s } = core;
  const context = asid === 0 ? HOST_CONTEXT : find(core, asid);
  if (context < 0) return;
  const running = (s[STATE.TLB_CONTEXT]! - STATE.TLB) / STATE.TLB_CONTEXT_WORDS;
  c.selectTlbContext(context);
  c.mmu.flushPage(low, high);
  c.selectTlbContext(running);
}
