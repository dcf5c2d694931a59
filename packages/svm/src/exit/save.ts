import { STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import { savePair, saveRegisters } from "../register-state.ts";
import * as W from "../state.ts";

const SHADOW = 3;
const NMI_BLOCKED = 8;

/** With virtual NMIs, the guest's NMI blocking goes back into the control word. */
function virtualInterruptControl({ s }: SvmCore): number {
  const control = s[W.VIRTUAL_INTERRUPT]!;
  if ((control & C.V_NMI_ENABLE) === 0) return control;
  const blocked = (s[STATE.INTERRUPTIBILITY]! & NMI_BLOCKED) !== 0;
  return blocked ? control | C.V_NMI_MASK : control & ~C.V_NMI_MASK;
}

/** Saves what a #VMEXIT saves of the guest (APM 2 "#VMEXIT"). */
export function saveGuestState(core: SvmCore): void {
  const { s, vmcb } = core;
  saveRegisters(s, vmcb);
  savePair(s, STATE.CR2, vmcb, F.CR2);
  vmcb.set(F.DR6, s[STATE.DR6]!, 0);
  vmcb.set(F.DR7, s[STATE.DR7]!, 0);
  vmcb.set32(F.CPL_WORD, (vmcb.lo(F.CPL_WORD) & 0xffffff) | (s[STATE.CPL]! << 24));
  const hasShadow = (s[STATE.INTERRUPTIBILITY]! & SHADOW) !== 0;
  vmcb.set(F.INTERRUPT_SHADOW, hasShadow ? 1 : 0, 0);
  vmcb.set32(F.VIRTUAL_INTERRUPT_CONTROL, virtualInterruptControl(core));
  vmcb.set(F.EVENT_INJECTION, 0, 0);
}
