import { FAULT_STOP, STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import { switchLastBranch, switchPat } from "../last-branch.ts";
import { loadPdptes } from "../pdptes.ts";
import { loadRegisters } from "../register-state.ts";
import * as W from "../state.ts";
import { Vmcb } from "../vmcb.ts";

const DR7_INITIAL = 0x400;
const NMI_BLOCKED = 8;
const DR6_BS = 1 << 14;

/** A single step that VMRUN owes comes when it is complete: behind the #VMEXIT (APM 2 "VMRUN and TF/RF Bits in EFLAGS"). */
function oweSingleStep({ s }: SvmCore): void {
  s[STATE.PENDING_DEBUG] = 0;
  s[STATE.EVENTS]! &= ~STATE.EVENT_DEBUG_TRAP;
  if ((s[W.HOST_FLAGS]! & C.RFLAGS_TF) === 0) return;
  s[STATE.PENDING_DEBUG] = DR6_BS;
  s[STATE.EVENTS]! |= STATE.EVENT_DEBUG_TRAP;
}

/** NMI blocking belongs to the processor, but with virtual NMIs the guest had its own. */
function interruptibility({ s }: SvmCore): number {
  const isVirtual = (s[W.VIRTUAL_INTERRUPT]! & C.V_NMI_ENABLE) !== 0;
  return (isVirtual ? s[W.HOST_FLAGS]! : s[STATE.INTERRUPTIBILITY]!) & NMI_BLOCKED;
}

/** Loads the host's state from its save area (APM 2 "#VMEXIT"). A host that cannot go on shuts down. */
export function loadHostState(core: SvmCore): void {
  const { c, s, vmcb } = core;
  const host = new Vmcb(c.memory, c.f64[W.HOST_SAVE]!);
  if ((s[W.EXTENSIONS]! & C.LBR_VIRTUALIZATION) !== 0) switchLastBranch(s, vmcb, host);
  if ((s[W.NESTED_CONTROL]! & C.NP_ENABLE) !== 0) switchPat(s, vmcb, host);
  s[STATE.INTERRUPTIBILITY] = interruptibility(core);
  loadRegisters(s, host);
  s[STATE.CR0]! |= C.CR0_PE;
  s[STATE.FLAG_SYSTEM]! &= ~C.RFLAGS_VM;
  s[STATE.CPL] = 0;
  s[STATE.DR7] = DR7_INITIAL;
  s[STATE.ACTIVITY] = 0;
  oweSingleStep(core);
  if (loadPdptes(c.memory, s, s[STATE.CR3]!, core.capabilities)) return;
  c.stop = { kind: "shutdown", what: "#VMEXIT to a host with invalid PDPTEs" };
  c.fault = FAULT_STOP;
}
