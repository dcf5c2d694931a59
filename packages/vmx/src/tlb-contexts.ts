import { hasTranslationRights, noteTranslationRights, STATE } from "@hvdiff/cpu";
import * as C from "./control-bits.ts";
import type { VmxCore } from "./core.ts";
import * as F from "./fields.ts";
import * as W from "./state.ts";

const CR4_PCIDE = 1 << 17;
const ROOT_CONTEXT = 0;
const FIRST_GUEST_CONTEXT = 1;
const ANY_VPID = 0;

// Words of a tag.
const IN_USE = 0;
const VPID = 1;
const PCID = 2;
const EPT_LOW = 3;
const EPT_HIGH = 4;
const RIGHTS = 5;

/** INVVPID types. */
const ALL_CONTEXT = 2;

function tagOf(context: number): number {
  return W.TLB_TAGS + context * W.TLB_TAG_WORDS;
}

function flush({ c }: VmxCore, context: number): void {
  c.mmu.flushContext(STATE.TLB + context * STATE.TLB_CONTEXT_WORDS);
}

/** PCID that translations are made for: 0 while CR4.PCIDE is 0. */
function runningPcid(s: Int32Array): number {
  return (s[STATE.CR4]! & CR4_PCIDE) !== 0 ? s[STATE.CR3]! & 0xfff : 0;
}

function findContext(core: VmxCore, vpid: number, eptLow: number, eptHigh: number): number {
  const s = core.s;
  const pcid = runningPcid(s);
  for (let context = FIRST_GUEST_CONTEXT; context < STATE.TLB_CONTEXTS; context++) {
    const tag = tagOf(context);
    if (s[tag + IN_USE] === 0 || s[tag + VPID] !== vpid || s[tag + PCID] !== pcid) continue;
    if (s[tag + EPT_LOW] === eptLow && s[tag + EPT_HIGH] === eptHigh) return context;
  }
  return takeContext(core, vpid, eptLow, eptHigh);
}

function takeContext(core: VmxCore, vpid: number, eptLow: number, eptHigh: number): number {
  const s = core.s;
  const context = FIRST_GUEST_CONTEXT + (s[W.NEXT_TLB_CONTEXT]! % (STATE.TLB_CONTEXTS - FIRST_GUEST_CONTEXT));
  s[W.NEXT_TLB_CONTEXT] = context;
  const tag = tagOf(context);
  s[tag + IN_USE] = 1;
  s[tag + VPID] = vpid;
  s[tag + PCID] = runningPcid(s);
  s[tag + EPT_LOW] = eptLow;
  s[tag + EPT_HIGH] = eptHigh;
  flush(core, context);
  return context;
}

/**
 * Chooses the translations for the guest whose state is loaded: its own by VPID, EP4TA and PCID, or those of VPID 0, which are
 * invalidated (SDM 3C "Operations that Invalidate Cached Mappings").
 */
export function selectGuestContext(core: VmxCore): void {
  const { s, c, vmcs } = core;
  const secondary = s[W.SECONDARY]!;
  if ((secondary & C.ENABLE_VPID) === 0) {
    flush(core, ROOT_CONTEXT);
    c.selectTlbContext(ROOT_CONTEXT);
    return;
  }
  const hasEpt = (secondary & C.ENABLE_EPT) !== 0;
  const eptLow = hasEpt ? vmcs.lo(F.EPT_POINTER) & ~0xfff : 0xfff;
  const eptHigh = hasEpt ? vmcs.hi(F.EPT_POINTER) : -1;
  const context = findContext(core, vmcs.lo(F.VIRTUAL_PROCESSOR_IDENTIFIER), eptLow, eptHigh);
  forgetOtherRights(core, context);
  c.selectTlbContext(context);
}

/** Translations hold what was allowed when they were made: they are of no use under other rights. */
function forgetOtherRights(core: VmxCore, context: number): void {
  if (!hasTranslationRights(core.c, tagOf(context) + RIGHTS)) flush(core, context);
}

/** Before a VM exit loads host state: the guest's translations are those of the PCID and the rights that it ran with last. */
export function noteGuestContext({ c, s }: VmxCore): void {
  const context = (s[STATE.TLB_CONTEXT]! - STATE.TLB) / STATE.TLB_CONTEXT_WORDS;
  if (context === ROOT_CONTEXT) return;
  s[tagOf(context) + PCID] = runningPcid(s);
  noteTranslationRights(c, tagOf(context) + RIGHTS);
}

/** Before a VM entry loads guest state. */
export function noteRootContext({ c, s }: VmxCore): void {
  s[W.ROOT_CR3] = s[STATE.CR3]!;
  noteTranslationRights(c, tagOf(ROOT_CONTEXT) + RIGHTS);
}

/** Chooses root mode's translations after host state is loaded. */
export function selectRootContext(core: VmxCore): void {
  const { s, c } = core;
  const withoutVpid = s[STATE.TLB_CONTEXT] === STATE.TLB;
  const otherPcid = (s[STATE.CR4]! & CR4_PCIDE) !== 0 && ((s[STATE.CR3]! ^ s[W.ROOT_CR3]!) & 0xfff) !== 0;
  if (withoutVpid || otherPcid) flush(core, ROOT_CONTEXT);
  else forgetOtherRights(core, ROOT_CONTEXT);
  c.selectTlbContext(ROOT_CONTEXT);
}

/** Forgets guest translations made with EPT: all, or those of one EP4TA. */
export function flushEptContexts(core: VmxCore, all: boolean, eptpLow: number, eptpHigh: number): void {
  const s = core.s;
  for (let context = FIRST_GUEST_CONTEXT; context < STATE.TLB_CONTEXTS; context++) {
    const tag = tagOf(context);
    if (s[tag + IN_USE] === 0 || s[tag + EPT_HIGH] === -1) continue;
    if (all || (s[tag + EPT_LOW] === (eptpLow & ~0xfff) && s[tag + EPT_HIGH] === eptpHigh)) flush(core, context);
  }
}

/** Forgets what INVVPID of a type must forget; more than asked where only one address is meant. */
export function flushVpidContexts(core: VmxCore, type: number, vpid: number): void {
  const s = core.s;
  const wanted = type === ALL_CONTEXT ? ANY_VPID : vpid;
  for (let context = FIRST_GUEST_CONTEXT; context < STATE.TLB_CONTEXTS; context++) {
    const tag = tagOf(context);
    if (s[tag + IN_USE] !== 0 && (wanted === ANY_VPID || s[tag + VPID] === wanted)) flush(core, context);
  }
}

/** Forgets every translation of every guest. */
export function flushAllGuestContexts(core: VmxCore): void {
  flushVpidContexts(core, ALL_CONTEXT, ANY_VPID);
}
