import { STATE } from "@hvdiff/cpu";
import { VMEXIT_CODES } from "@hvdiff/spec";
import { SVM, VMCB, type Vmcb } from "@hvdiff/svm";
import { INTERCEPT_IRET, INTERCEPT_VINTR, intercepts } from "./intercepts.ts";
import { masksInterrupts } from "./merge.ts";
import { eventToL1 } from "./nested-exit.ts";
import { takeInit, takeStartup } from "./startup.ts";
import type { SvmVcpu } from "./vcpu.ts";

const TYPE_NMI = 2 << 8;
const TYPE_EXCEPTION = 3 << 8;
const NMI_VECTOR = 2;
const DEBUG = 1;
const BLOCKED_BY_NMI = 8;
const MISC = VMCB.INTERCEPT_CR + 12;
/** V_IRQ of the highest priority, whatever the task priority. */
const WINDOW = SVM.V_IRQ | (15 << SVM.V_INTR_PRIORITY_SHIFT) | SVM.V_IGNORE_TPR;

function isFree(v: Vmcb): boolean {
  return v.lo(VMCB.EVENT_INJECTION) >= 0;
}

/** Makes an exception the event of the next entry. */
export function injectException(v: Vmcb, vector: number, errorCode: number): void {
  const event = SVM.EVENT_VALID | TYPE_EXCEPTION | vector | (errorCode >= 0 ? SVM.EVENT_ERROR_CODE_VALID : 0);
  v.set(VMCB.EVENT_INJECTION, event, Math.max(errorCode, 0));
  // The image of RFLAGS that a fault pushes has RF set.
  if (vector !== DEBUG) v.set(VMCB.RFLAGS, v.lo(VMCB.RFLAGS) | SVM.RFLAGS_RF, 0);
}

/** Before each entry: what L0 owes the level that runs next, in the order of priority. */
export function deliverPending(vcpu: SvmVcpu): void {
  const { state, interrupts } = vcpu;
  if (state.owed !== null) {
    const { vector, errorCode } = state.owed;
    state.owed = null;
    if (!reflectException(vcpu, vector, errorCode)) injectException(vcpu.current, vector, errorCode);
  }
  if (state.halted && state.woken) {
    state.halted = false;
    state.woken = false;
  }
  const { s } = vcpu.guestCpu.file;
  if (state.gif && (s[STATE.EVENTS]! & STATE.EVENT_INIT) !== 0) takeInit(vcpu);
  if ((s[STATE.EVENTS]! & STATE.EVENT_SIPI) !== 0) takeStartup(vcpu);
  if (!state.gif || state.waitsForStartup) return;
  if ((s[STATE.EVENTS]! & STATE.EVENT_SMI) !== 0) deliverSmi(vcpu);
  if (!state.gif) return;
  if (interrupts.nmiPending) deliverNmi(vcpu);
  if (interrupts.pending && state.gif) deliverInterrupt(vcpu);
}

/** A fault that L0 found in an instruction of L2 is an exception of L2, which L1 may intercept. */
export function reflectException(vcpu: SvmVcpu, vector: number, errorCode: number): boolean {
  if (!vcpu.state.guestMode || ((vcpu.v12.lo(VMCB.INTERCEPT_CR + 8) >>> vector) & 1) === 0) return false;
  const exception = 0x40 + vector;
  const { s } = vcpu.silicon;
  eventToL1(vcpu, exception, Math.max(errorCode, 0));
  if (vector === 14) vcpu.v12.set(VMCB.EXIT_INFO_2, s[STATE.CR2]!, s[STATE.CR2 + 1]!);
  return true;
}

function hasShadow(v: Vmcb): boolean {
  return (v.lo(VMCB.INTERRUPT_SHADOW) & 1) !== 0;
}

/** An SMI that L1 intercepts stays pending behind its exit, for L1 to take; L1's firmware does nothing with it. */
function deliverSmi(vcpu: SvmVcpu): void {
  const { state, guestCpu } = vcpu;
  if (state.guestMode && !isFree(vcpu.current)) vcpu.l0.machine.requestHostInterrupt(vcpu.index);
  else if (state.guestMode && intercepts(vcpu.v12, "SMI")) {
    state.halted = false;
    eventToL1(vcpu, VMEXIT_CODES.SMI.code);
  } else guestCpu.file.s[STATE.EVENTS]! &= ~STATE.EVENT_SMI;
}

/** An NMI becomes an exit to L1 where L1 asked for that, and stays pending there; else it is injected as soon as it can be taken. */
function deliverNmi(vcpu: SvmVcpu): void {
  const { state, silicon } = vcpu;
  const v = vcpu.current;
  const blocked = (silicon.s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_NMI) !== 0;
  if (!isFree(v) || hasShadow(v)) {
    vcpu.l0.machine.requestHostInterrupt(vcpu.index);
    return;
  }
  if (state.guestMode && intercepts(vcpu.v12, "NMI")) {
    state.halted = false;
    eventToL1(vcpu, VMEXIT_CODES.NMI.code);
  } else if (!blocked) {
    vcpu.interrupts.takeNmi();
    state.halted = false;
    v.set(VMCB.EVENT_INJECTION, SVM.EVENT_VALID | TYPE_NMI | NMI_VECTOR, 0);
  } else {
    state.nmiWindow = true;
    v.set32(MISC, v.lo(MISC) | INTERCEPT_IRET);
  }
}

/** Interrupts of L1's machine obey L1's own IF while a guest of L1 with V_INTR_MASKING runs. */
function isOpen(vcpu: SvmVcpu): boolean {
  const v = vcpu.current;
  const flags = vcpu.state.guestMode && masksInterrupts(vcpu.v12) ? vcpu.v01 : v;
  return (flags.lo(VMCB.RFLAGS) & SVM.RFLAGS_IF) !== 0 && !hasShadow(v);
}

function deliverInterrupt(vcpu: SvmVcpu): void {
  const { state } = vcpu;
  const v = vcpu.current;
  if (!isOpen(vcpu)) {
    openWindow(vcpu);
    return;
  }
  if (!isFree(v)) {
    // Right after the event that is on its way.
    vcpu.l0.machine.requestHostInterrupt(vcpu.index);
    return;
  }
  state.halted = false;
  if (state.guestMode && intercepts(vcpu.v12, "INTR")) eventToL1(vcpu, VMEXIT_CODES.INTR.code);
  else v.set(VMCB.EVENT_INJECTION, SVM.EVENT_VALID | vcpu.interrupts.acknowledge(), 0);
}

/** Asks silicon for an exit when the level that runs can take interrupts, by a virtual interrupt that is intercepted. */
function openWindow(vcpu: SvmVcpu): void {
  const { state } = vcpu;
  const v = vcpu.current;
  // L1 has them off while its guest runs: nothing that L2 does changes that.
  if (state.guestMode && masksInterrupts(vcpu.v12) && (vcpu.v01.lo(VMCB.RFLAGS) & SVM.RFLAGS_IF) === 0) return;
  const control = v.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL);
  state.window = {
    control: control & (WINDOW | (15 << SVM.V_INTR_PRIORITY_SHIFT)),
    intercepts: v.lo(MISC) & INTERCEPT_VINTR,
  };
  v.set32(VMCB.VIRTUAL_INTERRUPT_CONTROL, control | WINDOW);
  v.set32(MISC, v.lo(MISC) | INTERCEPT_VINTR);
}

/** Gives the virtual interrupt back after an exit. */
export function closeWindow(vcpu: SvmVcpu): void {
  const { state } = vcpu;
  if (state.window === null) return;
  const v = vcpu.current;
  v.set32(VMCB.VIRTUAL_INTERRUPT_CONTROL, (v.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL) & ~WINDOW) | state.window.control);
  v.set32(MISC, (v.lo(MISC) & ~INTERCEPT_VINTR) | state.window.intercepts);
  state.window = null;
}

/** Whether anything of its own could ever end HLT: IF is on, L1 takes interrupts as exits, or an NMI waits. */
export function canWake(vcpu: SvmVcpu): boolean {
  const { state, interrupts } = vcpu;
  if (interrupts.nmiPending) return true;
  return state.gif && (isOpen(vcpu) || (state.guestMode && intercepts(vcpu.v12, "INTR") && isOpen(vcpu)));
}

/** The last thing before an entry: what the VMCB says of this entry alone. */
export function prepareEntry(vcpu: SvmVcpu): number {
  const { state, svm } = vcpu;
  const v = vcpu.current;
  const flush = state.guestMode ? state.flush02 : state.flush01;
  if (flush) v.set32(VMCB.TLB_CONTROL, svm.capabilities.flushByAsid ? SVM.TLB_FLUSH_GUEST : SVM.TLB_FLUSH_ALL);
  if (state.guestMode) state.flush02 = false;
  else state.flush01 = false;
  state.injected = v.lo(VMCB.EVENT_INJECTION);
  return v.address;
}
