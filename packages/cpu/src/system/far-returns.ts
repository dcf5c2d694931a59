import { resumeUserShadowStack } from "../enforcement/shadow-transfers.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_RETIRED } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  checkOffset,
  dropInnerSegments,
  enterCode,
  enterParagraph,
  fetchReturnCode,
  is64BitCode,
} from "./code-segments.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isNull,
  isWritableData,
  markAccessed,
  setNullSegment,
  setSegment,
} from "./descriptors.ts";
import { failSelector, GP, inParagraphMode, SS } from "./exceptions.ts";
import { peek, setStackPointer, stackPointer } from "./operands.ts";

const RSP = S.GPR + 8;

/** Words at the top of the stack, `size` bytes each, as halves. Null when a fault is pending. */
export function peekWords(c: Processor, count: number, size: number, from = 0): { low: number; high: number }[] | null {
  const words: { low: number; high: number }[] = [];
  for (let n = 0; n < count; n++) {
    const low = peek(c, from + n * size, size);
    if (c.fault !== FAULT_NONE) return null;
    words.push({ low, high: c.hi });
  }
  return words;
}

/** The stack segment that a return loads: null for the null selector, where 64-bit mode allows it. Undefined when a fault is pending. */
export function fetchReturnStack(
  c: Processor,
  selector: number,
  code: Descriptor,
  rpl: number,
): Descriptor | null | undefined {
  if (isNull(selector)) {
    if (is64BitCode(c, code) && rpl !== 3 && (selector & 3) === rpl) return null;
    c.raise(GP, 0);
    return undefined;
  }
  const d = fetchDescriptor(c, selector, GP);
  if (d === null) return undefined;
  const fits = (selector & 3) === rpl && isWritableData(d) && d.dpl === rpl;
  if (!fits || !d.present) {
    failSelector(c, fits ? SS : GP, selector);
    return undefined;
  }
  return markAccessed(c, d) ? d : undefined;
}

/** Makes the stack that `fetchReturnStack` found the running one. */
export function commitReturnStack(
  c: Processor,
  d: Descriptor | null,
  selector: number,
  low: number,
  high: number,
): void {
  if (d === null) setNullSegment(c, S.SS, selector, selector & 3);
  else setSegment(c, S.SS, selector, d);
  c.s[RSP] = low;
  c.s[RSP + 1] = high;
  c.translationChanged();
}

function releaseStack(c: Processor, bytes: number): void {
  const next = stackPointer(c, bytes);
  setStackPointer(c, next, c.hi);
}

function returnFar(c: Processor, i: Op): boolean {
  const size = i.instruction.operandSize / 8;
  const extra = i.instruction.operands.length > 0 ? i.immLow & 0xffff : 0;
  const words = peekWords(c, 2, size);
  if (words === null) return false;
  const target = words[0]!;
  const selector = words[1]!.low & 0xffff;
  if (inParagraphMode(c)) {
    if (!enterParagraph(c, selector, target.low)) return false;
    releaseStack(c, 2 * size + extra);
    return true;
  }
  const code = fetchReturnCode(c, selector);
  if (code === null) return false;
  if ((selector & 3) !== c.s[S.CPL]) return returnOuter(c, code, target, size, extra);
  if (!checkOffset(c, code, target.low, target.high)) return false;
  const next = stackPointer(c, 2 * size + extra);
  const nextHigh = c.hi;
  setStackPointer(c, next, nextHigh);
  return enterCode(c, code, selector & 3, target.low, target.high);
}

function returnOuter(
  c: Processor,
  code: Descriptor,
  target: { low: number; high: number },
  size: number,
  extra: number,
): boolean {
  const words = peekWords(c, 2, size, 2 * size + extra);
  if (words === null) return false;
  const rpl = code.selector & 3;
  const stackSelector = words[1]!.low & 0xffff;
  const stack = fetchReturnStack(c, stackSelector, code, rpl);
  if (stack === undefined || !checkOffset(c, code, target.low, target.high)) return false;
  if (!enterCode(c, code, rpl, target.low, target.high)) return false;
  commitReturnStack(c, stack, stackSelector, words[0]!.low, words[0]!.high);
  if (extra !== 0) releaseStack(c, extra);
  dropInnerSegments(c);
  if (rpl === 3) resumeUserShadowStack(c);
  return true;
}

const retf: Executor = (c, i) => (returnFar(c, i) ? STATUS_RETIRED : STATUS_ABORTED);

/** Far RET. SDM 2B "RET-Return from Procedure". */
export const FAR_RETURNS: Readonly<Record<string, Executor>> = { retf };
