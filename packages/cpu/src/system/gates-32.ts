import { leaveForLegacySupervisor } from "../enforcement/shadow-transfers.ts";
import { IF, NT, RF, readRflags, TF, VM } from "../flags.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import type { EventBeingDelivered } from "../virtualization.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  markAccessed,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_INTERRUPT_GATE,
  TYPE_INTERRUPT_GATE16,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE,
  TYPE_TRAP_GATE16,
} from "./descriptors.ts";
import { externalBit, failSelector, GP, inVirtual8086, NP } from "./exceptions.ts";
import { gateError, isSoftware, returnAddress } from "./idt-entry.ts";
import { commitStack, currentStack, pushTo, type StackFrame } from "./stack-frame.ts";
import { loadSystem } from "./system-memory.ts";
import { switchTaskForEvent } from "./task-switch.ts";
import { innerStack } from "./tss.ts";

interface Gate {
  readonly selector: number;
  readonly offset: number;
  readonly type: number;
  /** Bytes of a pushed word. */
  readonly size: number;
}

/** Where an event's handler will run, once all checks have passed. */
interface Target {
  readonly code: Descriptor;
  readonly cpl: number;
  readonly stack: StackFrame;
  /** The new stack segment; null without a change of privilege. */
  readonly stackSegment: Descriptor | null;
}

/** Delivers an event in protected mode (SDM 3A "Exception- and Interrupt-Handler Procedures"). False when a fault is pending. */
export function deliver32(c: Processor, event: EventBeingDelivered): boolean {
  const gate = readGate(c, event);
  if (gate === null) return false;
  if (gate.type === TYPE_TASK_GATE) return switchTaskForEvent(c, gate.selector, event);
  const target = selectTarget(c, gate);
  if (target === null) return false;
  if (gate.offset >>> 0 > target.code.limit >>> 0) {
    c.raise(GP, externalBit(c));
    return false;
  }
  if (!markAccessed(c, target.code) || !pushFrame(c, target.stack, gate.size, event)) return false;
  if (!leaveForLegacySupervisor(c, target.cpl)) return false;
  enterHandler(c, gate, target);
  return true;
}

function readGate(c: Processor, event: EventBeingDelivered): Gate | null {
  const at = event.vector * 8;
  if (at + 7 > (c.s[S.IDTR + 2]! & 0xffff)) return gateError(c, GP, event.vector);
  const low = loadSystem(c, S.IDTR, at, 8);
  const high = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const type = (high >>> 8) & 0x1f;
  if (!isEventGate(type)) return gateError(c, GP, event.vector);
  if (isSoftware(event) && ((high >>> 13) & 3) < c.s[S.CPL]!) return gateError(c, GP, event.vector);
  if ((high & 0x8000) === 0) return gateError(c, NP, event.vector);
  const wide = (type & 8) !== 0;
  const offset = (low & 0xffff) | (wide ? high & 0xffff0000 : 0);
  return { selector: low >>> 16, offset, type, size: wide ? 4 : 2 };
}

function isEventGate(type: number): boolean {
  return (
    type === TYPE_INTERRUPT_GATE ||
    type === TYPE_TRAP_GATE ||
    type === TYPE_INTERRUPT_GATE16 ||
    type === TYPE_TRAP_GATE16 ||
    type === TYPE_TASK_GATE
  );
}

function selectTarget(c: Processor, gate: Gate): Target | null {
  const code = checkCode(c, gate.selector);
  if (code === null) return null;
  const cpl = c.s[S.CPL]!;
  const inner = !isConforming(code) && code.dpl < cpl;
  if (inVirtual8086(c) && (!inner || code.dpl !== 0)) {
    failSelector(c, GP, gate.selector);
    return null;
  }
  if (!inner) return { code, cpl, stack: currentStack(c, cpl, false), stackSegment: null };
  const stack = innerStack(c, code.dpl);
  return stack === null ? null : { code, cpl: code.dpl, stack: stack.frame, stackSegment: stack.descriptor };
}

function checkCode(c: Processor, selector: number): Descriptor | null {
  if (isNull(selector)) {
    c.raise(GP, externalBit(c));
    return null;
  }
  const code = fetchDescriptor(c, selector, GP);
  if (code === null) return null;
  if (!isCode(code) || code.dpl > c.s[S.CPL]!) failSelector(c, GP, selector);
  else if (!code.present) failSelector(c, NP, selector);
  return c.fault === FAULT_NONE ? code : null;
}

function pushFrame(c: Processor, stack: StackFrame, size: number, event: EventBeingDelivered): boolean {
  const changesStack = stack.selector !== 0;
  if (inVirtual8086(c)) {
    for (const register of [S.GS, S.FS, S.DS, S.ES]) if (!pushTo(c, stack, size, selectorOf(c, register))) return false;
  }
  if (changesStack) {
    if (!pushTo(c, stack, size, selectorOf(c, S.SS)) || !pushTo(c, stack, size, c.s[S.GPR + 8]!)) return false;
  }
  return (
    pushTo(c, stack, size, readRflags(c.s)) &&
    pushTo(c, stack, size, selectorOf(c, S.CS)) &&
    pushTo(c, stack, size, returnAddress(c, event)) &&
    (event.errorCode < 0 || pushTo(c, stack, size, event.errorCode))
  );
}

function enterHandler(c: Processor, gate: Gate, target: Target): void {
  const s = c.s;
  if (inVirtual8086(c)) for (const register of [S.GS, S.FS, S.DS, S.ES]) setNullSegment(c, register, 0);
  if (target.stackSegment !== null) {
    setSegment(c, S.SS, target.stackSegment.selector, target.stackSegment);
  }
  commitStack(c, target.stack);
  setSegment(c, S.CS, (gate.selector & 0xfffc) | target.cpl, target.code);
  s[S.CPL] = target.cpl;
  s[S.RIP] = gate.offset;
  s[S.RIP + 1] = 0;
  const isInterruptGate = (gate.type & 7) === TYPE_INTERRUPT_GATE16;
  s[S.FLAG_SYSTEM]! &= ~(TF | NT | RF | VM | (isInterruptGate ? IF : 0));
}
