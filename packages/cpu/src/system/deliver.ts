import { exceptionName, MSRS, makesDoubleFault } from "@hvdiff/spec";
import { DR6_BREAKPOINTS, DR6_BS, DR6_BT, DR6_RTM } from "../debug-registers.ts";
import { IF, RF } from "../flags.ts";
import { FAULT_EXCEPTION, FAULT_NONE, FAULT_STOP, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  EVENT_TYPE_EXTERNAL,
  EVENT_TYPE_HARDWARE_EXCEPTION,
  EVENT_TYPE_NMI,
  EVENT_TYPE_SOFTWARE_INTERRUPT,
  type EventBeingDelivered,
} from "../virtualization.ts";
import { MODE_GUEST } from "./control-bits.ts";
import { DB, DF, inLongMode, inRealMode, PF, SX } from "./exceptions.ts";
import { deliver32 } from "./gates-32.ts";
import { deliver64 } from "./gates-64.ts";
import { recordDelivery, recordsBranches } from "./last-branch.ts";
import { msrWord } from "./msr-storage.ts";
import { deliverRealMode } from "./real-mode-interrupts.ts";
import { redirectsInit, takeStartupSignals } from "./startup-signals.ts";

const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const BLOCKED_BY_NMI = 8;
/** The SDM leaves it to the processor whether STI holds NMIs off too; those we know of do. */
const NMI_BLOCKING = BLOCKED_BY_NMI | BLOCKED_BY_MOV_SS | BLOCKED_BY_STI;
const DR7_GD = 1 << 13;
const DEBUGCTL_LBR = 1;
const DEBUGCTL_BTF = 2;
const DEBUGCTL = msrWord(MSRS.IA32_DEBUGCTL.address)!;
/** Error code of the #SX that an INIT becomes. */
const SX_REDIRECTED_INIT = 1;
const ACTIVITY_SHUTDOWN = 2;
const ACTIVITY_WAIT_FOR_SIPI = 3;

/**
 * Delivers an event through the IDT. False when delivery failed: then `c.fault` says how, and after an exception `c.delivering` stays
 * set for `deliverException`, which the caller (or the engine, after `STATUS_ABORTED`) calls next.
 */
export function deliverEvent(
  c: Processor,
  vector: number,
  type: number,
  errorCode: number,
  instructionLength: number,
): boolean {
  const event: EventBeingDelivered = { vector, type, errorCode, instructionLength };
  const fromLow = c.s[S.RIP]!;
  const fromHigh = c.s[S.RIP + 1]!;
  c.delivering = event;
  traceDelivery(c, event);
  const delivered = deliverThroughIdt(c, event);
  if (c.fault !== FAULT_EXCEPTION) c.delivering = null;
  if (!delivered) return false;
  if (recordsBranches(c)) recordDelivery(c.s, fromLow, fromHigh);
  c.s[S.ACTIVITY] = 0;
  c.s[S.INTERRUPTIBILITY]! &= ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS);
  dropDebugTraps(c.s, type);
  if (type === EVENT_TYPE_NMI) c.s[S.INTERRUPTIBILITY]! |= BLOCKED_BY_NMI;
  c.translationChanged();
  if (c.s[S.VIRTUALIZATION_MODE] === MODE_GUEST) c.extension?.delivered?.();
  return true;
}

/**
 * Breakpoints met by a MOV SS before a software interrupt are reported in front of the handler's first instruction; a held-back single step
 * and whatever was pending before another event are lost.
 */
function dropDebugTraps(s: Int32Array, type: number): void {
  const software = type >= EVENT_TYPE_SOFTWARE_INTERRUPT;
  s[S.PENDING_DEBUG] = software ? s[S.PENDING_DEBUG]! & ~DR6_BS : 0;
  if (s[S.PENDING_DEBUG] === 0) s[S.EVENTS]! &= ~S.EVENT_DEBUG_TRAP;
}

function deliverThroughIdt(c: Processor, event: EventBeingDelivered): boolean {
  if (inRealMode(c)) return deliverRealMode(c, event);
  return inLongMode(c) ? deliver64(c, event) : deliver32(c, event);
}

/**
 * Takes the pending exception to its end: a VM exit, delivery, double fault, triple fault. On return `c.fault` is `FAULT_NONE`,
 * `FAULT_EXIT` or `FAULT_STOP`.
 */
export function deliverException(c: Processor): void {
  while (c.fault === FAULT_EXCEPTION) {
    const exception = c.exception;
    c.fault = FAULT_NONE;
    // Fault-class exceptions push RF set, so that an instruction breakpoint is not met again.
    if (exception.type === EVENT_TYPE_HARDWARE_EXCEPTION && exception.vector !== DB) c.s[S.FLAG_SYSTEM]! |= RF;
    if (intercepts(c)) return;
    const escalation = escalate(c);
    if (escalation === "triple") {
      tripleFault(c);
      return;
    }
    c.delivering = null;
    if (escalation === "double") {
      c.raise(DF, 0);
      c.fault = FAULT_NONE;
      if (intercepts(c)) return;
    }
    updateDebugAndFaultRegisters(c);
    deliverEvent(c, exception.vector, exception.type, exception.errorCode, exception.instructionLength);
  }
}

/** INT3, INTO and INT1: traps that the exception bitmap covers. False when delivery failed or became a VM exit. */
export function deliverSoftwareException(
  c: Processor,
  vector: number,
  type: number,
  instructionLength: number,
): boolean {
  c.raise(vector);
  c.fault = FAULT_NONE;
  c.exception.type = type;
  c.exception.instructionLength = instructionLength;
  // INT1 reports the breakpoints of a MOV SS before it as its own.
  if (vector === DB) takeBreakpoints(c);
  if (intercepts(c)) return false;
  updateDebugAndFaultRegisters(c);
  return deliverEvent(c, vector, type, -1, instructionLength);
}

/** Moves the breakpoints that are pending into the #DB that is about to be delivered. */
function takeBreakpoints(c: Processor): void {
  c.exception.payloadLow |= c.s[S.PENDING_DEBUG]! & DR6_BREAKPOINTS;
  c.s[S.PENDING_DEBUG]! &= DR6_BS;
  c.s[S.EVENTS]! &= ~S.EVENT_DEBUG_TRAP;
}

/** Asks the extension about the pending exception in guest mode. True after a VM exit. */
function intercepts(c: Processor): boolean {
  if (c.s[S.VIRTUALIZATION_MODE] !== MODE_GUEST || c.extension === null) return false;
  if (((c.s[S.EXCEPTION_INTERCEPTS]! >>> c.exception.vector) & 1) === 0) return false;
  if (!c.extension.exception(c.exception)) return false;
  c.delivering = null;
  return true;
}

/** What the pending exception becomes when it struck during the delivery of another (SDM 3A "Interrupt 8 - Double Fault Exception"). */
function escalate(c: Processor): "none" | "double" | "triple" {
  const first = c.delivering;
  if (first === null || first.type !== EVENT_TYPE_HARDWARE_EXCEPTION) return "none";
  const second = exceptionName(c.exception.vector);
  if (second === undefined) return "none";
  if (first.vector === DF) return makesDoubleFault("pageFault", second) ? "triple" : "none";
  const earlier = exceptionName(first.vector);
  return earlier !== undefined && makesDoubleFault(earlier, second) ? "double" : "none";
}

function tripleFault(c: Processor): void {
  c.delivering = null;
  if (c.s[S.VIRTUALIZATION_MODE] === MODE_GUEST && c.extension?.tripleFault()) return;
  c.fault = FAULT_STOP;
  c.stop = { kind: "triple-fault" };
}

/** CR2 and DR6 change only when the exception is really delivered. */
function updateDebugAndFaultRegisters(c: Processor): void {
  const { vector, payloadLow, payloadHigh } = c.exception;
  if (vector === PF) {
    c.s[S.CR2] = payloadLow;
    c.s[S.CR2 + 1] = payloadHigh;
  } else if (vector === DB) {
    c.s[S.DR6] = (c.s[S.DR6]! & ~DR6_BREAKPOINTS) | payloadLow | DR6_RTM;
    c.s[S.DR7]! &= ~DR7_GD;
    c.s[DEBUGCTL]! &= ~(DEBUGCTL_LBR | DEBUGCTL_BTF);
  }
}

/** What the running code could notice of a delivery, whoever asked for it: the processor itself or a VM entry. */
function traceDelivery(c: Processor, event: EventBeingDelivered): void {
  const { vector, type, errorCode } = event;
  if (c.trace === null || type === EVENT_TYPE_SOFTWARE_INTERRUPT) return;
  if (type === EVENT_TYPE_EXTERNAL || type === EVENT_TYPE_NMI) {
    c.trace.event("interrupt", { vector });
    return;
  }
  c.trace.event("exception", {
    vector,
    ...(errorCode >= 0 ? { errorCode } : {}),
    ...(vector === PF ? { cr2: `0x${c.get64(S.CR2).toString(16)}` } : {}),
    rip: `0x${c.rip.toString(16)}`,
  });
}

/**
 * Takes what waits at an instruction boundary, in the order of SDM 3A "Priority Among Concurrent Events".
 * @returns whether anything changed
 */
export function takePendingEvents(c: Processor): boolean {
  const s = c.s;
  if (s[S.VIRTUALIZATION_MODE] === MODE_GUEST && c.extension?.boundary()) return true;
  const events = s[S.EVENTS]! & ~s[S.HELD_EVENTS]!;
  const activity = s[S.ACTIVITY]!;
  const shadow = s[S.INTERRUPTIBILITY]!;
  if ((events & S.EVENT_INIT) !== 0 && redirectsInit(c)) return takeSecurityException(c);
  if ((events & (S.EVENT_INIT | S.EVENT_SIPI)) !== 0 && takeStartupSignals(c, events)) return true;
  if (activity === ACTIVITY_WAIT_FOR_SIPI) return false;
  if ((events & S.EVENT_DEBUG_TRAP) !== 0 && (shadow & BLOCKED_BY_MOV_SS) === 0) return takeDebugTrap(c);
  if ((events & S.EVENT_NMI) !== 0 && (shadow & NMI_BLOCKING) === 0) return takeNmi(c);
  if (activity === ACTIVITY_SHUTDOWN || (events & S.EVENT_INTERRUPT) === 0) return false;
  if ((s[S.FLAG_SYSTEM]! & IF) === 0 || (shadow & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)) !== 0) return false;
  return takeInterrupt(c);
}

/** The INIT is consumed. */
function takeSecurityException(c: Processor): true {
  c.s[S.EVENTS]! &= ~S.EVENT_INIT;
  c.s[S.ACTIVITY] = 0;
  c.raise(SX, SX_REDIRECTED_INIT);
  deliverException(c);
  return true;
}

function takeDebugTrap(c: Processor): boolean {
  c.raise(DB);
  c.exception.payloadLow = c.s[S.PENDING_DEBUG]! & (DR6_BREAKPOINTS | DR6_BS | DR6_BT);
  c.s[S.PENDING_DEBUG] = 0;
  c.s[S.EVENTS]! &= ~S.EVENT_DEBUG_TRAP;
  deliverException(c);
  return true;
}

function takeNmi(c: Processor): boolean {
  c.s[S.EVENTS]! &= ~S.EVENT_NMI;
  deliverEvent(c, 2, EVENT_TYPE_NMI, -1, 0);
  deliverException(c);
  return true;
}

/** Takes the interrupt that waits, as the processor does and an extension that decides about it by itself. Always true. */
export function takeInterrupt(c: Processor): true {
  const vector = c.apic.acknowledge();
  deliverEvent(c, vector, EVENT_TYPE_EXTERNAL, -1, 0);
  deliverException(c);
  return true;
}
