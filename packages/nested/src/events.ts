import { STATE } from "@hvdiff/cpu";
import * as C from "./controls.ts";
import type { ExitHandlers } from "./exits.ts";
import { F } from "./fields.ts";
import type { L0 } from "./l0.ts";
import type { OwedException } from "./l0-state.ts";

const VALID = 1 << 31;
const ERROR_CODE = 1 << 11;
const TYPE_HARDWARE_EXCEPTION = 3 << 8;
const RFLAGS_IF = 0x200;
const RFLAGS_RF = 1 << 16;
const VECTOR_DEBUG = 1;
const VECTOR_PAGE_FAULT = 14;
const TYPE_NMI = 2 << 8;
const VECTOR_NMI = 2;
const BLOCKED_BY_STI_OR_MOV_SS = 3;
const BLOCKED_FOR_NMI = BLOCKED_BY_STI_OR_MOV_SS | 8;

/**
 * Before each entry: what L0 owes the level that runs next. Order: a monitor trap, an event whose delivery was interrupted, an exception L0 raised, then a
 * pending interrupt, which may first have to become an exit to L1.
 */
export function deliverPending(l0: L0, handlers: ExitHandlers): void {
  const { state } = l0;
  if (state.monitorTrapOwed) {
    state.monitorTrapOwed = false;
    handlers.reflectMonitorTrap();
  }
  const v = l0.current;
  if (state.reinject !== null) {
    v.set(F.vmEntryInterruptionInformation, state.reinject.information, 0);
    v.set(F.vmEntryExceptionErrorCode, state.reinject.errorCode, 0);
    v.set(F.vmEntryInstructionLength, state.reinject.length, 0);
    state.reinject = null;
  }
  if (state.owed !== null) deliverOwed(l0, handlers, state.owed);
  if (l0.interrupts.nmiPending) deliverNmi(l0, handlers);
  deliverInterrupt(l0, handlers);
}

/** An exception that L0 found in an instruction it did: L1's, if it is L2's and L1 asked for it; else it is injected. */
function deliverOwed(l0: L0, handlers: ExitHandlers, owed: OwedException): void {
  const { vector, errorCode, low, high } = owed;
  const v = l0.current;
  l0.state.owed = null;
  // The image of RFLAGS that a fault pushes or an exit saves has RF set.
  if (vector !== VECTOR_DEBUG) v.set(F.guestRflags, v.lo(F.guestRflags) | RFLAGS_RF, 0);
  const information = VALID | TYPE_HARDWARE_EXCEPTION | vector | (errorCode >= 0 ? ERROR_CODE : 0);
  if (l0.state.guestMode) {
    v.set(F.vmExitInterruptionInformation, information, 0);
    v.set(F.vmExitInterruptionErrorCode, Math.max(errorCode, 0), 0);
    v.set(F.exitQualification, low, high);
    if (handlers.reflectException()) return;
  }
  v.set(F.vmEntryInterruptionInformation, information, 0);
  v.set(F.vmEntryExceptionErrorCode, Math.max(errorCode, 0), 0);
  if (vector !== VECTOR_PAGE_FAULT) return;
  l0.silicon.s[STATE.CR2] = low;
  l0.silicon.s[STATE.CR2 + 1] = high;
}

/** An NMI becomes an exit to L1 where L1 asked for that; else it is injected, as soon as the level that runs can take it. */
function deliverNmi(l0: L0, handlers: ExitHandlers): void {
  const v = l0.current;
  if (l0.state.guestMode && handlers.l1TakesNmis() && (v.lo(F.vmEntryInterruptionInformation) & VALID) === 0) {
    l0.interrupts.takeNmi();
    handlers.reflectNmi();
    return;
  }
  const controls = v.lo(F.primaryProcessorBasedControls);
  const free = (v.lo(F.vmEntryInterruptionInformation) & VALID) === 0;
  if (free && (v.lo(F.guestInterruptibilityState) & BLOCKED_FOR_NMI) === 0) {
    l0.interrupts.takeNmi();
    v.set(F.vmEntryInterruptionInformation, VALID | TYPE_NMI | VECTOR_NMI, 0);
    v.set(F.primaryProcessorBasedControls, controls & ~C.PROC_NMI_WINDOW, 0);
    v.set(F.guestActivityState, 0, 0);
  } else if (!l0.state.guestMode) v.set(F.primaryProcessorBasedControls, controls | C.PROC_NMI_WINDOW, 0);
}

function deliverInterrupt(l0: L0, handlers: ExitHandlers): void {
  const { state, interrupts } = l0;
  if (!interrupts.pending) return;
  if (state.guestMode && handlers.l1TakesInterrupts()) {
    interruptExit(l0, handlers);
    return;
  }
  injectOrWait(l0, handlers);
}

/** A pending interrupt becomes an exit to L1, unless an event is about to be delivered to L2: then right after that. */
function interruptExit(l0: L0, handlers: ExitHandlers): void {
  const v = l0.current;
  if ((v.lo(F.vmEntryInterruptionInformation) & VALID) !== 0) {
    l0.machine.requestHostInterrupt();
    return;
  }
  handlers.reflectInterrupt();
  // L1 runs now, with interrupts off: the line stays asserted until it enables them.
  if (l0.interrupts.pending) injectOrWait(l0, handlers);
}

/** Injects the interrupt into the level that runs, or asks silicon for an exit when it becomes possible. */
function injectOrWait(l0: L0, handlers: ExitHandlers): void {
  const v = l0.current;
  const free = (v.lo(F.vmEntryInterruptionInformation) & VALID) === 0;
  const open =
    (v.lo(F.guestRflags) & RFLAGS_IF) !== 0 && (v.lo(F.guestInterruptibilityState) & BLOCKED_BY_STI_OR_MOV_SS) === 0;
  const controls = v.lo(F.primaryProcessorBasedControls);
  if (free && open) {
    v.set(F.vmEntryInterruptionInformation, VALID | l0.interrupts.acknowledge(), 0);
    v.set(F.primaryProcessorBasedControls, (controls & ~C.PROC_INTERRUPT_WINDOW) | handlers.l1WindowRequest(), 0);
    // An injected interrupt wakes a halted processor.
    v.set(F.guestActivityState, 0, 0);
  } else v.set(F.primaryProcessorBasedControls, controls | C.PROC_INTERRUPT_WINDOW, 0);
}
