import { IF, type PendingException, STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import { emulateApicWrite } from "../apic/apic-write.ts";
import { processPostedInterrupts } from "../apic/posted-interrupts.ts";
import { takeTrapExit } from "../apic/trap-exit.ts";
import { deliverVirtualInterrupt } from "../apic/virtual-interrupts.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { makeExit } from "./exit.ts";

const EXCEPTION_NMI = exitReasonNumber("EXCEPTION_NMI");
const EXTERNAL_INTERRUPT = exitReasonNumber("EXTERNAL_INTERRUPT");
const TRIPLE_FAULT = exitReasonNumber("TRIPLE_FAULT");
const TASK_SWITCH = exitReasonNumber("TASK_SWITCH");
const INIT_SIGNAL = exitReasonNumber("INIT_SIGNAL");
const SIPI_SIGNAL = exitReasonNumber("SIPI_SIGNAL");
const MONITOR_TRAP_FLAG = exitReasonNumber("MONITOR_TRAP_FLAG");
const PREEMPTION_TIMER = exitReasonNumber("PREEMPTION_TIMER");
const INTERRUPT_WINDOW = exitReasonNumber("INTERRUPT_WINDOW");
const NMI_WINDOW = exitReasonNumber("NMI_WINDOW");

const VALID = 1 << 31;
const ERROR_CODE_VALID = 1 << 11;
const TYPE_NMI = 2;
const TYPE_SOFTWARE = 5;
const NMI_VECTOR = 2;
const DEBUG = 1;
const DOUBLE_FAULT = 8;
const PAGE_FAULT = 14;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const BLOCKED_BY_NMI = 8;
const WAIT_FOR_SIPI = 3;

function pageFaultExits({ vmcs }: VmxCore, errorCode: number): boolean {
  const wanted = (vmcs.lo(F.EXCEPTION_BITMAP) & (1 << PAGE_FAULT)) !== 0;
  const mask = vmcs.lo(F.PAGE_FAULT_ERROR_CODE_MASK);
  return ((errorCode & mask) === vmcs.lo(F.PAGE_FAULT_ERROR_CODE_MATCH)) === wanted;
}

/** An exception whose bit is set. True after a VM exit (SDM 3C "Exceptions"). */
export function exitForException(core: VmxCore, exception: PendingException): boolean {
  const { vector, type, errorCode } = exception;
  if (vector === PAGE_FAULT && !pageFaultExits(core, errorCode)) return false;
  const information = core.information.begin(EXCEPTION_NMI);
  information.interruption = VALID | (type << 8) | vector | (errorCode >= 0 ? ERROR_CODE_VALID : 0);
  information.interruptionErrorCode = errorCode;
  if (vector === PAGE_FAULT || vector === DEBUG) information.qualify(exception.payloadLow, exception.payloadHigh);
  if (type >= TYPE_SOFTWARE) information.instructionLength = exception.instructionLength;
  information.reportsVectoring = vector !== DOUBLE_FAULT;
  makeExit(core);
  return true;
}

/** A triple fault always exits; what was under delivery is not reported. */
export function exitForTripleFault(core: VmxCore): boolean {
  core.information.begin(TRIPLE_FAULT).reportsVectoring = false;
  makeExit(core);
  return true;
}

/** A task switch always exits. `source`: 0 CALL, 1 IRET, 2 JMP, 3 task gate in the IDT. */
export function exitForTaskSwitch(core: VmxCore, selector: number, source: number): boolean {
  core.information.begin(TASK_SWITCH).qualify((selector & 0xffff) | (source << 30), 0);
  makeExit(core);
  return true;
}

function exitFor(core: VmxCore, reason: number): true {
  core.information.begin(reason);
  makeExit(core);
  return true;
}

function exitForNmi(core: VmxCore): true {
  core.s[STATE.EVENTS]! &= ~STATE.EVENT_NMI;
  core.information.begin(EXCEPTION_NMI).interruption = VALID | (TYPE_NMI << 8) | NMI_VECTOR;
  makeExit(core);
  return true;
}

/** An external interrupt exits, unless it is the notification of posted ones. */
function exitForInterrupt(core: VmxCore): true {
  const { c, s } = core;
  const acknowledges = (s[W.EXIT_CONTROLS]! & C.ACKNOWLEDGE_INTERRUPT_ON_EXIT) !== 0;
  const vector = acknowledges ? c.apic.acknowledge() : 0;
  if (acknowledges && processPostedInterrupts(core, vector)) return true;
  core.information.begin(EXTERNAL_INTERRUPT).interruption = acknowledges ? VALID | vector : 0;
  makeExit(core);
  return true;
}

function isExpired({ c, s }: VmxCore): boolean {
  return (s[W.PIN]! & C.ACTIVATE_VMX_PREEMPTION_TIMER) !== 0 && c.retired >= c.f64[W.PREEMPTION_DEADLINE]!;
}

function isNmiWindowOpen({ s }: VmxCore): boolean {
  if ((s[W.PRIMARY]! & C.NMI_WINDOW_EXITING) === 0) return false;
  return (s[STATE.INTERRUPTIBILITY]! & (BLOCKED_BY_NMI | BLOCKED_BY_MOV_SS)) === 0;
}

function isInterruptWindowOpen({ s }: VmxCore): boolean {
  if ((s[W.PRIMARY]! & C.INTERRUPT_WINDOW_EXITING) === 0 || (s[STATE.FLAG_SYSTEM]! & IF) === 0) return false;
  return (s[STATE.INTERRUPTIBILITY]! & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)) === 0;
}

function nmiExits({ s }: VmxCore, events: number): boolean {
  if ((events & STATE.EVENT_NMI) === 0 || (s[W.PIN]! & C.NMI_EXITING) === 0) return false;
  // With virtual NMIs the guest's blocking is of virtual NMIs only.
  const blocking = (s[W.PIN]! & C.VIRTUAL_NMIS) !== 0 ? BLOCKED_BY_MOV_SS : BLOCKED_BY_NMI | BLOCKED_BY_MOV_SS;
  return (s[STATE.INTERRUPTIBILITY]! & blocking) === 0;
}

function interruptExits({ s }: VmxCore, events: number): boolean {
  if ((events & STATE.EVENT_INTERRUPT) === 0 || (s[W.PIN]! & C.EXTERNAL_INTERRUPT_EXITING) === 0) return false;
  return (s[STATE.INTERRUPTIBILITY]! & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)) === 0;
}

function isMtfDue({ c, s }: VmxCore): boolean {
  const pending = s[W.PENDING_MTF]!;
  return pending === 1 || (pending === 2 && c.retired >= c.f64[W.MTF_AT]!);
}

/** Exits that come before debug traps (SDM 3C "Other Causes of VM Exits" and 3A "Priority Among Concurrent Events"). */
function exitForSignal(core: VmxCore, events: number): boolean {
  const { s } = core;
  const waits = s[STATE.ACTIVITY] === WAIT_FOR_SIPI;
  if ((events & STATE.EVENT_INIT) !== 0 && !waits) {
    s[STATE.EVENTS]! &= ~STATE.EVENT_INIT;
    return exitFor(core, INIT_SIGNAL);
  }
  if ((events & STATE.EVENT_SIPI) !== 0 && waits) {
    s[STATE.EVENTS]! &= ~STATE.EVENT_SIPI;
    return exitFor(core, SIPI_SIGNAL);
  }
  return !waits && isMtfDue(core) ? exitFor(core, MONITOR_TRAP_FLAG) : false;
}

/** What the instruction before the boundary did to the virtual APIC. True after a VM exit. */
function exitBehindInstruction(core: VmxCore): boolean {
  emulateApicWrite(core);
  return takeTrapExit(core);
}

/** At an instruction boundary of the guest. True after a VM exit, and when a virtual interrupt was delivered or posted ones processed. */
export function exitAtBoundary(core: VmxCore): boolean {
  const { s } = core;
  if ((s[STATE.EVENTS]! & STATE.EVENT_VIRTUAL) !== 0 && exitBehindInstruction(core)) return true;
  const events = s[STATE.EVENTS]!;
  if (exitForSignal(core, events)) return true;
  if (s[STATE.ACTIVITY] === WAIT_FOR_SIPI) return false;
  const trapFirst = (events & STATE.EVENT_DEBUG_TRAP) !== 0 && (s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) === 0;
  if (trapFirst) return false;
  if (isExpired(core)) return exitFor(core, PREEMPTION_TIMER);
  if (isNmiWindowOpen(core)) return exitFor(core, NMI_WINDOW);
  if (nmiExits(core, events)) return exitForNmi(core);
  if (isInterruptWindowOpen(core)) return exitFor(core, INTERRUPT_WINDOW);
  if (deliverVirtualInterrupt(core)) return true;
  return interruptExits(core, events) ? exitForInterrupt(core) : false;
}
