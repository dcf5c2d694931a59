import {
  deliverEvent,
  deliverException,
  EVENT_TYPE_EXTERNAL,
  EVENT_TYPE_NMI,
  msrWord,
  type PendingException,
  STATE,
  takeInterrupt,
} from "@hvdiff/cpu";
import { MSRS, VMEXIT_CODES, VMEXIT_FAMILIES } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import { updateVirtualEvents } from "../entry/slots.ts";
import * as W from "../state.ts";
import { leaveGuest, makeExit } from "./exit.ts";

const PAGE_FAULT = 14;
const DEBUG = 1;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const SHADOW = BLOCKED_BY_STI | BLOCKED_BY_MOV_SS;
const BLOCKED_BY_NMI = 8;
const NMI_VECTOR = 2;
const DR6_BREAKPOINTS = 15;
const DR6_NEW = 0xe00f;
const DR6_RTM = 1 << 16;
const DR7_GD = 1 << 13;
const SOFTWARE_EXCEPTION = 5;
const INTR = 1;
const NMI = 1 << 1;
const SMI = 1 << 2;
const INIT = 1 << 3;
const VINTR = 1 << 4;
const SHUTDOWN = 1 << 31;
const R_INIT = 1 << 1;
const VM_CR = msrWord(MSRS.VM_CR.address)!;

// Reasons of a task switch, as the processor counts them, and bits of EXITINFO2 (high half).
const BY_IRET = 1;
const BY_JUMP = 2;
const SWITCH_BY_IRET = 1 << 4;
const SWITCH_BY_JUMP = 1 << 6;
const SWITCH_HAS_ERROR_CODE = 1 << 12;
const SWITCH_RF = 1 << 16;

/** #DB writes DR6 and DR7 before the intercept is looked at (APM 2 "#DB (Debug)"). */
function updateDebugRegisters({ s }: SvmCore, exception: PendingException): void {
  const kept = s[STATE.DR6]! & ~DR6_BREAKPOINTS;
  s[STATE.DR6] = kept | (exception.payloadLow & DR6_NEW) | DR6_RTM;
  s[STATE.DR7]! &= ~DR7_GD;
}

/** An exception whose intercept is set. Always true: a #VMEXIT (APM 2 "Exception Intercepts"). */
export function exitForException(core: SvmCore, exception: PendingException): true {
  const { s, information } = core;
  const { vector, type, errorCode } = exception;
  information.begin(VMEXIT_FAMILIES.exception.code + vector);
  if (errorCode >= 0) information.first(errorCode);
  if (vector === PAGE_FAULT) {
    information.second(exception.payloadLow, exception.payloadHigh);
    information.fetchesBytes = (errorCode & 16) === 0;
  }
  if (vector === DEBUG) updateDebugRegisters(core, exception);
  if (type >= SOFTWARE_EXCEPTION) {
    const next = (s[STATE.RIP]! >>> 0) + exception.instructionLength;
    information.nextRip(next | 0, (s[STATE.RIP + 1]! + (next > 0xffffffff ? 1 : 0)) | 0);
  } else s[STATE.FLAG_SYSTEM]! &= ~(vector === DEBUG ? 0 : C.RFLAGS_RF);
  makeExit(core);
  return true;
}

/** A triple fault. True if the shutdown is intercepted. */
export function exitForTripleFault(core: SvmCore): boolean {
  return core.intercepts(3, SHUTDOWN) && exitFor(core, VMEXIT_CODES.SHUTDOWN.code);
}

/** A task switch. `source`: 0 CALL, 1 IRET, 2 JMP, 3 task gate in the IDT. */
export function exitForTaskSwitch(core: SvmCore, selector: number, source: number): boolean {
  const { c, s, information } = core;
  if (!core.intercepts(3, 1 << 29)) return false;
  const event = c.delivering;
  const errorCode = event === null ? -1 : event.errorCode;
  const high =
    (source === BY_IRET ? SWITCH_BY_IRET : source === BY_JUMP ? SWITCH_BY_JUMP : 0) |
    (errorCode >= 0 ? SWITCH_HAS_ERROR_CODE : 0) |
    ((s[STATE.FLAG_SYSTEM]! & C.RFLAGS_RF) !== 0 ? SWITCH_RF : 0);
  information
    .begin(VMEXIT_CODES.TASK_SWITCH.code)
    .first(selector & 0xffff)
    .second(Math.max(errorCode, 0), high);
  makeExit(core);
  return true;
}

function exitFor(core: SvmCore, code: number): true {
  core.information.begin(code);
  makeExit(core);
  return true;
}

/** An INIT that is neither intercepted nor redirected resets the processor: the guest is gone without a #VMEXIT. */
function yieldToInit(core: SvmCore): void {
  const redirects = (core.s[VM_CR]! & R_INIT) !== 0;
  if (!redirects) leaveGuest(core);
}

function isVirtualOpen({ s }: SvmCore): boolean {
  const control = s[W.VIRTUAL_INTERRUPT]!;
  return (control & C.V_GIF_ENABLE) === 0 || (control & C.V_GIF) !== 0;
}

function takeVirtualNmi(core: SvmCore): boolean {
  const { c, s } = core;
  const control = s[W.VIRTUAL_INTERRUPT]!;
  const pending = (control & C.V_NMI_ENABLE) !== 0 && (control & C.V_NMI) !== 0;
  if (!pending || !isVirtualOpen(core) || (s[STATE.INTERRUPTIBILITY]! & (BLOCKED_BY_NMI | SHADOW)) !== 0) return false;
  s[W.VIRTUAL_INTERRUPT] = control & ~C.V_NMI;
  updateVirtualEvents(core);
  deliverEvent(c, NMI_VECTOR, EVENT_TYPE_NMI, -1, 0);
  deliverException(c);
  return true;
}

/** Whether V_IRQ would be taken now (APM 2 "Injecting Virtual (INTR) Interrupts"). */
function isVirtualInterruptDue(core: SvmCore): boolean {
  const { s } = core;
  const control = s[W.VIRTUAL_INTERRUPT]!;
  if ((control & C.V_IRQ) === 0 || !isVirtualOpen(core)) return false;
  if ((s[STATE.FLAG_SYSTEM]! & C.RFLAGS_IF) === 0 || (s[STATE.INTERRUPTIBILITY]! & SHADOW) !== 0) return false;
  const priority = (control >>> C.V_INTR_PRIORITY_SHIFT) & 15;
  return (control & C.V_IGNORE_TPR) !== 0 || priority > (control & 15);
}

function takeVirtualInterrupt(core: SvmCore): true {
  const { c, s } = core;
  if (core.intercepts(3, VINTR)) return exitFor(core, VMEXIT_CODES.VINTR.code);
  s[W.VIRTUAL_INTERRUPT]! &= ~C.V_IRQ;
  updateVirtualEvents(core);
  deliverEvent(c, s[W.VIRTUAL_VECTOR]!, EVENT_TYPE_EXTERNAL, -1, 0);
  deliverException(c);
  return true;
}

/** A physical interrupt obeys the host's IF under V_INTR_MASKING, else the guest's. */
function isInterruptOpen({ s }: SvmCore): boolean {
  const isMasking = (s[W.VIRTUAL_INTERRUPT]! & C.V_INTR_MASKING) !== 0;
  const flags = isMasking ? s[W.HOST_FLAGS]! : s[STATE.FLAG_SYSTEM]!;
  return (flags & C.RFLAGS_IF) !== 0 && (s[STATE.INTERRUPTIBILITY]! & SHADOW) === 0;
}

function takePhysicalInterrupt(core: SvmCore): true {
  return core.intercepts(3, INTR) ? exitFor(core, VMEXIT_CODES.INTR.code) : takeInterrupt(core.c);
}

/** SMI and NMI stay pending behind their #VMEXIT, for the host to take when it sets GIF. */
function exitForSignal(core: SvmCore, events: number): boolean {
  const { s } = core;
  if ((events & STATE.EVENT_SMI) !== 0 && core.intercepts(3, SMI)) return exitFor(core, VMEXIT_CODES.SMI.code);
  const virtualNmis = (s[W.VIRTUAL_INTERRUPT]! & C.V_NMI_ENABLE) !== 0;
  const blocked = virtualNmis ? SHADOW : SHADOW | BLOCKED_BY_NMI;
  const nmi = (events & STATE.EVENT_NMI) !== 0 && (s[STATE.INTERRUPTIBILITY]! & blocked) === 0;
  return nmi && core.intercepts(3, NMI) ? exitFor(core, VMEXIT_CODES.NMI.code) : false;
}

/** At an instruction boundary of the guest. True when the state has changed. */
export function takeAtBoundary(core: SvmCore): boolean {
  const { s } = core;
  const events = s[STATE.EVENTS]!;
  if (s[W.GIF_CLEAR] !== 0) return false;
  if ((events & STATE.EVENT_INIT) !== 0) {
    if (core.intercepts(3, INIT)) return exitFor(core, VMEXIT_CODES.INIT.code);
    yieldToInit(core);
    return false;
  }
  const trapFirst = (events & STATE.EVENT_DEBUG_TRAP) !== 0 && (s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) === 0;
  if (trapFirst) return false;
  if (exitForSignal(core, events)) return true;
  if ((events & STATE.EVENT_NMI) !== 0 && (s[STATE.INTERRUPTIBILITY]! & (SHADOW | BLOCKED_BY_NMI)) === 0) return false;
  if (takeVirtualNmi(core)) return true;
  if ((events & STATE.EVENT_INTERRUPT) !== 0 && isInterruptOpen(core)) return takePhysicalInterrupt(core);
  return isVirtualInterruptDue(core) && takeVirtualInterrupt(core);
}
