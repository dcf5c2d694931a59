import { STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import { loadPair, loadRegisters } from "../register-state.ts";
import * as W from "../state.ts";

const DR6_FIXED = 0xffff0ff0 | 0;
const DR6_WRITABLE = 0xe00f;
const DR7_CLEARED = 0xd000;
const DR7_FIXED = 0x400;
const BLOCKED_BY_STI = 1;
const NMI_BLOCKED = 8;

function guestCpl({ s, vmcb }: SvmCore): number {
  if ((s[STATE.CR0]! & C.CR0_PE) === 0) return 0;
  return (vmcb.lo(F.RFLAGS) & C.RFLAGS_VM) !== 0 ? 3 : vmcb.lo(F.CPL_WORD) >>> 24;
}

/** NMI blocking belongs to the processor, unless NMIs are virtual. */
function guestInterruptibility({ s, vmcb }: SvmCore): number {
  const shadow = (vmcb.lo(F.INTERRUPT_SHADOW) & 1) !== 0 ? BLOCKED_BY_STI : 0;
  const control = s[W.VIRTUAL_INTERRUPT]!;
  if ((control & C.V_NMI_ENABLE) === 0) return shadow | (s[STATE.INTERRUPTIBILITY]! & NMI_BLOCKED);
  return shadow | ((control & C.V_NMI_MASK) !== 0 ? NMI_BLOCKED : 0);
}

/** Loads the guest's state from the state-save area (APM 2 "Loading Guest State"). The checks have passed. */
export function loadGuestState(core: SvmCore): void {
  const { s, vmcb } = core;
  loadRegisters(s, vmcb);
  loadPair(s, STATE.CR2, vmcb, F.CR2);
  s[STATE.DR6] = (vmcb.lo(F.DR6) & DR6_WRITABLE) | DR6_FIXED;
  s[STATE.DR7] = (vmcb.lo(F.DR7) & ~DR7_CLEARED) | DR7_FIXED;
  s[STATE.CPL] = guestCpl(core) & 3;
  s[STATE.INTERRUPTIBILITY] = guestInterruptibility(core);
  s[STATE.ACTIVITY] = 0;
  s[STATE.PENDING_DEBUG] = 0;
  s[STATE.EVENTS]! &= ~STATE.EVENT_DEBUG_TRAP;
}
