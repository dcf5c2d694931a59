import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  markAccessed,
  RIGHTS_BIG,
  RIGHTS_LONG,
  RIGHTS_UNUSABLE,
  rightsOf,
  selectorOf,
  setParagraph,
  setSegment,
} from "./descriptors.ts";
import { failSelector, GP, inLongMode, inVirtual8086, NP } from "./exceptions.ts";

const VM86_CODE_RIGHTS = 0xf3;

/** A far address as halves. */
export interface FarAddress {
  readonly selector: number;
  readonly low: number;
  readonly high: number;
}

/** Whether a code segment runs in 64-bit mode. */
export function is64BitCode(c: Processor, d: Descriptor): boolean {
  return inLongMode(c) && (d.rights & RIGHTS_LONG) !== 0;
}

/** Checks that hold for every code segment in a mode: L and D exclude each other, present. False when a fault is pending. */
export function checkCodeRights(c: Processor, d: Descriptor): boolean {
  const both = RIGHTS_LONG | RIGHTS_BIG;
  if (inLongMode(c) && (d.rights & both) === both) return failSelector(c, GP, d.selector);
  if (!d.present) return failSelector(c, NP, d.selector);
  return true;
}

/** Checks the offset against limit or canonical form. False when #GP(0) is pending. */
export function checkOffset(c: Processor, d: Descriptor, low: number, high: number): boolean {
  const fits = is64BitCode(c, d) ? c.isCanonical(high) : high === 0 && low >>> 0 <= d.limit >>> 0;
  if (!fits) c.raise(GP, 0);
  return fits;
}

/** Makes a checked code segment and offset the running ones. False when a fault is pending. */
export function enterCode(c: Processor, d: Descriptor, cpl: number, low: number, high: number): boolean {
  if (!markAccessed(c, d)) return false;
  setSegment(c, S.CS, (d.selector & 0xfffc) | cpl, d);
  c.s[S.CPL] = cpl;
  c.s[S.RIP] = low;
  c.s[S.RIP + 1] = high;
  c.translationChanged();
  return true;
}

/** Far transfer in real-address or virtual-8086 mode. False when #GP(0) is pending. */
export function enterParagraph(c: Processor, selector: number, offset: number): boolean {
  const word = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE;
  const limit = inVirtual8086(c) ? 0xffff : c.s[word + S.SEGMENT_LIMIT]! >>> 0;
  if (offset >>> 0 > limit) {
    c.raise(GP, 0);
    return false;
  }
  setParagraph(c, S.CS, selector);
  if (inVirtual8086(c)) {
    c.s[word + S.SEGMENT_LIMIT] = 0xffff;
    c.s[word + S.SEGMENT_ACCESS] = VM86_CODE_RIGHTS;
  }
  c.s[S.RIP] = offset;
  c.s[S.RIP + 1] = 0;
  c.translationChanged();
  return true;
}

/** The code segment that a far return or IRET names, checked against the privilege rules. Null when a fault is pending. */
export function fetchReturnCode(c: Processor, selector: number): Descriptor | null {
  const rpl = selector & 3;
  if (isNull(selector)) {
    c.raise(GP, 0);
    return null;
  }
  const d = fetchDescriptor(c, selector, GP);
  if (d === null) return null;
  const fits = isCode(d) && rpl >= c.s[S.CPL]! && (isConforming(d) ? d.dpl <= rpl : d.dpl === rpl);
  if (!fits) {
    failSelector(c, GP, selector);
    return null;
  }
  return checkCodeRights(c, d) ? d : null;
}

/** After a return to an outer level: data segments that this level may not have become null (SDM 2B "RET-Return from Procedure"). */
export function dropInnerSegments(c: Processor): void {
  const cpl = c.s[S.CPL]!;
  for (const register of [S.ES, S.DS, S.FS, S.GS]) {
    const rights = rightsOf(c, register);
    const conformingCode = (rights & 0xc) === 0xc;
    if (conformingCode || ((rights >>> 5) & 3) >= cpl || isNull(selectorOf(c, register))) continue;
    // The base stays: software may have set that of FS or GS through its MSR.
    const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
    c.s[word + S.SEGMENT_SELECTOR] = 0;
    c.s[word + S.SEGMENT_ACCESS] = RIGHTS_UNUSABLE;
  }
}
