import { enterShadowStack, linearInCode } from "../enforcement/shadow-transfers.ts";
import type { Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { checkCodeRights, checkOffset, enterCode } from "./code-segments.ts";
import {
  type Descriptor,
  fetchDescriptor,
  fetchUpperHalf,
  isCode,
  isConforming,
  isNull,
  RIGHTS_BIG,
  RIGHTS_LONG,
  selectorOf,
  setNullSegment,
  setSegment,
  TYPE_CALL_GATE16,
} from "./descriptors.ts";
import { failSelector, GP, inLongMode, SS } from "./exceptions.ts";
import { peek } from "./operands.ts";
import { commitStack, currentStack, flatStack, pushTo, type StackFrame } from "./stack-frame.ts";
import { innerStack, loadStackPointer64 } from "./tss.ts";

interface GateTarget {
  readonly code: Descriptor;
  readonly low: number;
  readonly high: number;
  /** Bytes of a pushed word. */
  readonly size: number;
  readonly parameters: number;
}

/** Reads the target of a call gate whose own rights have been checked. Null when a fault is pending. */
function readGate(c: Processor, gate: Descriptor): GateTarget | null {
  const long = inLongMode(c);
  const high = long ? fetchUpperHalf(c, gate.selector, GP) : 0;
  if (high === null) return null;
  const selector = gate.low >>> 16;
  const narrow = gate.type === TYPE_CALL_GATE16;
  const low = (gate.low & 0xffff) | (narrow ? 0 : gate.high & 0xffff0000);
  if (isNull(selector)) {
    c.raise(GP, 0);
    return null;
  }
  const code = fetchDescriptor(c, selector, GP);
  if (code === null) return null;
  const wrongMode = long && (code.rights & (RIGHTS_LONG | RIGHTS_BIG)) !== RIGHTS_LONG;
  if (!isCode(code) || code.dpl > c.s[S.CPL]! || wrongMode) {
    failSelector(c, GP, selector);
    return null;
  }
  if (!checkCodeRights(c, code)) return null;
  return { code, low, high, size: long ? 8 : narrow ? 2 : 4, parameters: gate.high & 31 };
}

/** Far JMP through a call gate. False when a fault is pending. */
export function jumpThroughGate(c: Processor, gate: Descriptor): boolean {
  const target = readGate(c, gate);
  if (target === null) return false;
  if (!isConforming(target.code) && target.code.dpl !== c.s[S.CPL]) return failSelector(c, GP, target.code.selector);
  if (!checkOffset(c, target.code, target.low, target.high)) return false;
  return enterCode(c, target.code, c.s[S.CPL]!, target.low, target.high);
}

/** Far CALL through a call gate, to the same or an inner level. False when a fault is pending. */
export function callThroughGate(c: Processor, i: Op, gate: Descriptor): boolean {
  const target = readGate(c, gate);
  if (target === null) return false;
  if (!checkOffset(c, target.code, target.low, target.high)) return false;
  const inner = !isConforming(target.code) && target.code.dpl < c.s[S.CPL]!;
  if (inner) return inLongMode(c) ? callInner64(c, i, target) : callInner32(c, i, target);
  const stack = currentStack(c, c.s[S.CPL]!, inLongMode(c));
  if (!pushReturn(c, i, stack, target.size)) return false;
  if (!enterCode(c, target.code, c.s[S.CPL]!, target.low, target.high)) return false;
  commitStack(c, stack);
  return true;
}

function pushReturn(c: Processor, i: Op, stack: StackFrame, size: number): boolean {
  return pushTo(c, stack, size, selectorOf(c, S.CS)) && pushTo(c, stack, size, i.nextLow, i.nextHigh);
}

function pushOldStack(c: Processor, stack: StackFrame, size: number): boolean {
  const rsp = S.GPR + 8;
  return pushTo(c, stack, size, selectorOf(c, S.SS)) && pushTo(c, stack, size, c.s[rsp]!, c.s[rsp + 1]!);
}

function callInner64(c: Processor, i: Op, target: GateTarget): boolean {
  const cpl = target.code.dpl;
  const low = loadStackPointer64(c, cpl, false);
  if (c.fault !== FAULT_NONE) return false;
  const stack = flatStack(low, c.hi, cpl);
  if (!c.isCanonical(stack.high)) {
    c.raise(SS, 0);
    return false;
  }
  if (!pushOldStack(c, stack, 8) || !pushReturn(c, i, stack, 8)) return false;
  const next = (BigInt(i.nextHigh >>> 0) << 32n) | BigInt(i.nextLow >>> 0);
  const from = { selector: selectorOf(c, S.CS), linear: linearInCode(c, next) };
  if (!enterShadowStack(c, cpl, 0, from)) return false;
  if (!enterCode(c, target.code, cpl, target.low, target.high)) return false;
  setNullSegment(c, S.SS, cpl, cpl);
  commitStack(c, stack);
  return true;
}

function callInner32(c: Processor, i: Op, target: GateTarget): boolean {
  const cpl = target.code.dpl;
  const inner = innerStack(c, cpl);
  if (inner === null || !pushOldStack(c, inner.frame, target.size)) return false;
  for (let n = target.parameters - 1; n >= 0; n--) {
    const parameter = peek(c, n * target.size, target.size);
    if (c.fault !== FAULT_NONE || !pushTo(c, inner.frame, target.size, parameter)) return false;
  }
  if (!pushReturn(c, i, inner.frame, target.size)) return false;
  if (!enterCode(c, target.code, cpl, target.low, target.high)) return false;
  setSegment(c, S.SS, inner.descriptor.selector, inner.descriptor);
  commitStack(c, inner.frame);
  return true;
}
