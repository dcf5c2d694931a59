import { type Executor, type Op, STATUS_ABORTED, STATUS_RETIRED } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { callThroughGate, jumpThroughGate } from "./call-gates.ts";
import { checkCodeRights, checkOffset, enterCode, enterParagraph, type FarAddress } from "./code-segments.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isConforming,
  isNull,
  selectorOf,
  TYPE_CALL_GATE,
  TYPE_CALL_GATE16,
  TYPE_TASK_GATE,
  TYPE_TSS,
  TYPE_TSS16,
} from "./descriptors.ts";
import { failSelector, GP, inLongMode, inParagraphMode, NP } from "./exceptions.ts";
import { load, memoryAddress } from "./operands.ts";
import { commitStack, currentStack, pushTo, type StackFrame } from "./stack-frame.ts";
import { switchTask, TASK_SWITCH_CALL, TASK_SWITCH_JUMP } from "./task-switch.ts";

/** The far pointer operand, immediate or in memory. Null when a fault is pending. */
function readTarget(c: Processor, i: Op): FarAddress | null {
  const operand = i.instruction.operands[0]!;
  if (operand.kind === "far") return { selector: operand.selector, low: operand.offset | 0, high: 0 };
  const size = i.instruction.operandSize / 8;
  const at = memoryAddress(c, i, size + 2, ACCESS_READ);
  const atHigh = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const low = load(c, at, atHigh, size);
  const high = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const selector = load(c, (at + size) | 0, atHigh, 2);
  return c.fault === FAULT_NONE ? { selector, low, high } : null;
}

function mayEnterDirectly(c: Processor, d: Descriptor, selector: number): boolean {
  const cpl = c.s[S.CPL]!;
  return isConforming(d) ? d.dpl <= cpl : d.dpl === cpl && (selector & 3) <= cpl;
}

/** Whether a system descriptor can be the target of a far transfer in this mode. */
function isTransferTarget(c: Processor, d: Descriptor): boolean {
  if (d.type === TYPE_CALL_GATE) return true;
  if (inLongMode(c)) return false;
  return [TYPE_CALL_GATE16, TYPE_TASK_GATE, TYPE_TSS, TYPE_TSS16].includes(d.type);
}

/** Far transfers through gates and TSS descriptors. False when a fault is pending. */
function transferThroughSystem(c: Processor, i: Op, d: Descriptor, selector: number, isCall: boolean): boolean {
  const bound = Math.max(c.s[S.CPL]!, selector & 3);
  if (!isTransferTarget(c, d) || d.dpl < bound) return failSelector(c, GP, selector);
  if (!d.present) return failSelector(c, NP, selector);
  if (d.type === TYPE_CALL_GATE || d.type === TYPE_CALL_GATE16)
    return isCall ? callThroughGate(c, i, d) : jumpThroughGate(c, d);
  const task = d.type === TYPE_TASK_GATE ? d.low >>> 16 : selector;
  return switchTask(c, task, isCall ? TASK_SWITCH_CALL : TASK_SWITCH_JUMP, i.nextLow);
}

/** The descriptor of a direct or indirect target. Null when a fault is pending. */
function fetchTarget(c: Processor, selector: number): Descriptor | null {
  if (isNull(selector)) {
    c.raise(GP, 0);
    return null;
  }
  return fetchDescriptor(c, selector, GP);
}

function checkDirect(c: Processor, d: Descriptor, target: FarAddress): boolean {
  if ((d.type & 8) === 0 || !mayEnterDirectly(c, d, target.selector)) return failSelector(c, GP, target.selector);
  return checkCodeRights(c, d) && checkOffset(c, d, target.low, target.high);
}

/** Pushes CS and the next RIP in the operand size. */
function pushReturn(c: Processor, i: Op, stack: StackFrame): boolean {
  const size = i.instruction.operandSize / 8;
  return pushTo(c, stack, size, selectorOf(c, S.CS)) && pushTo(c, stack, size, i.nextLow, i.nextHigh);
}

function jumpFar(c: Processor, i: Op): boolean {
  const target = readTarget(c, i);
  if (target === null) return false;
  if (inParagraphMode(c)) return enterParagraph(c, target.selector, target.low);
  const d = fetchTarget(c, target.selector);
  if (d === null) return false;
  if (d.isSystem) return transferThroughSystem(c, i, d, target.selector, false);
  return checkDirect(c, d, target) && enterCode(c, d, c.s[S.CPL]!, target.low, target.high);
}

function callFar(c: Processor, i: Op): boolean {
  const target = readTarget(c, i);
  if (target === null) return false;
  const stack = currentStack(c, c.s[S.CPL]!, c.in64BitMode);
  if (inParagraphMode(c)) {
    if (!pushReturn(c, i, stack) || !enterParagraph(c, target.selector, target.low)) return false;
    commitStack(c, stack);
    return true;
  }
  const d = fetchTarget(c, target.selector);
  if (d === null) return false;
  if (d.isSystem) return transferThroughSystem(c, i, d, target.selector, true);
  if (!checkDirect(c, d, target) || !pushReturn(c, i, stack)) return false;
  if (!enterCode(c, d, c.s[S.CPL]!, target.low, target.high)) return false;
  commitStack(c, stack);
  return true;
}

const jmpf: Executor = (c, i) => (jumpFar(c, i) ? STATUS_RETIRED : STATUS_ABORTED);
const callf: Executor = (c, i) => (callFar(c, i) ? STATUS_RETIRED : STATUS_ABORTED);

/** Far JMP and CALL. SDM 2 "Instruction Set Reference". */
export const FAR_JUMPS: Readonly<Record<string, Executor>> = { jmpf, callf };
