import { expectEndbranchAfresh } from "../enforcement/cet-state.ts";
import { enterShadowStack, linearInCode, type ReturnPlace } from "../enforcement/shadow-transfers.ts";
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
  RIGHTS_BIG,
  RIGHTS_LONG,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_INTERRUPT_GATE,
  TYPE_TRAP_GATE,
} from "./descriptors.ts";
import { externalBit, failSelector, GP, NP, SS } from "./exceptions.ts";
import { gateError, isSoftware, returnAddress } from "./idt-entry.ts";
import { commitStack, currentStack, flatStack, pushTo, type StackFrame } from "./stack-frame.ts";
import { loadSystem } from "./system-memory.ts";
import { loadStackPointer64 } from "./tss.ts";

interface Gate64 {
  readonly selector: number;
  readonly offsetLow: number;
  readonly offsetHigh: number;
  readonly ist: number;
  readonly clearsIf: boolean;
}

/** Delivers an event in IA-32e mode (SDM 3A "Exception and Interrupt Handling in 64-bit Mode"). False when a fault is pending. */
export function deliver64(c: Processor, event: EventBeingDelivered): boolean {
  const gate = readGate(c, event);
  if (gate === null) return false;
  const code = checkCode(c, gate.selector);
  if (code === null) return false;
  const cpl = isConforming(code) ? c.s[S.CPL]! : code.dpl;
  const stack = selectStack(c, cpl, gate.ist);
  if (stack === null) return false;
  stack.low &= ~15;
  if (!c.isCanonical(gate.offsetHigh)) {
    c.raise(GP, externalBit(c));
    return false;
  }
  if (!markAccessed(c, code) || !pushFrame(c, stack, event)) return false;
  if (!enterShadowStack(c, cpl, gate.ist, interruptedPlace(c, event))) return false;
  if (cpl !== c.s[S.CPL]) setNullSegment(c, S.SS, cpl, cpl);
  commitStack(c, stack);
  setSegment(c, S.CS, (gate.selector & 0xfffc) | cpl, code);
  c.s[S.CPL] = cpl;
  c.s[S.RIP] = gate.offsetLow;
  c.s[S.RIP + 1] = gate.offsetHigh;
  c.s[S.FLAG_SYSTEM]! &= ~(TF | NT | RF | VM | (gate.clearsIf ? IF : 0));
  expectEndbranchAfresh(c, cpl);
  return true;
}

function interruptedPlace(c: Processor, event: EventBeingDelivered): ReturnPlace {
  const low = returnAddress(c, event);
  const rip = (BigInt(c.hi >>> 0) << 32n) | BigInt(low >>> 0);
  return { selector: selectorOf(c, S.CS), linear: linearInCode(c, rip) };
}

function readGate(c: Processor, event: EventBeingDelivered): Gate64 | null {
  const at = event.vector * 16;
  if (at + 15 > (c.s[S.IDTR + 2]! & 0xffff)) return gateError(c, GP, event.vector);
  const low = loadSystem(c, S.IDTR, at, 8);
  const word1 = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const offsetHigh = loadSystem(c, S.IDTR, at + 8, 8);
  if (c.fault !== FAULT_NONE) return null;
  const type = (word1 >>> 8) & 0x1f;
  if (type !== TYPE_INTERRUPT_GATE && type !== TYPE_TRAP_GATE) return gateError(c, GP, event.vector);
  if (isSoftware(event) && ((word1 >>> 13) & 3) < c.s[S.CPL]!) return gateError(c, GP, event.vector);
  if ((word1 & 0x8000) === 0) return gateError(c, NP, event.vector);
  return {
    selector: low >>> 16,
    offsetLow: (low & 0xffff) | (word1 & 0xffff0000),
    offsetHigh,
    ist: word1 & 7,
    clearsIf: type === TYPE_INTERRUPT_GATE,
  };
}

function checkCode(c: Processor, selector: number): Descriptor | null {
  if (isNull(selector)) {
    c.raise(GP, externalBit(c));
    return null;
  }
  const code = fetchDescriptor(c, selector, GP);
  if (code === null) return null;
  const is64 = (code.rights & (RIGHTS_LONG | RIGHTS_BIG)) === RIGHTS_LONG;
  if (!isCode(code) || code.dpl > c.s[S.CPL]! || !is64) failSelector(c, GP, selector);
  else if (!code.present) failSelector(c, NP, selector);
  return c.fault === FAULT_NONE ? code : null;
}

function selectStack(c: Processor, cpl: number, ist: number): StackFrame | null {
  if (ist === 0 && cpl === c.s[S.CPL]) return currentStack(c, cpl, true);
  const low = loadStackPointer64(c, ist === 0 ? cpl : ist, ist !== 0);
  if (c.fault !== FAULT_NONE) return null;
  if (c.isCanonical(c.hi)) return flatStack(low, c.hi, cpl);
  c.raise(SS, externalBit(c));
  return null;
}

function pushFrame(c: Processor, stack: StackFrame, event: EventBeingDelivered): boolean {
  const rsp = S.GPR + 8;
  const back = returnAddress(c, event);
  const backHigh = c.hi;
  return (
    pushTo(c, stack, 8, selectorOf(c, S.SS)) &&
    pushTo(c, stack, 8, c.s[rsp]!, c.s[rsp + 1]!) &&
    pushTo(c, stack, 8, readRflags(c.s)) &&
    pushTo(c, stack, 8, selectorOf(c, S.CS)) &&
    pushTo(c, stack, 8, back, backHigh) &&
    (event.errorCode < 0 || pushTo(c, stack, 8, event.errorCode))
  );
}
