import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isNull,
  isWritableData,
  markAccessed,
  rightsOf,
  selectorOf,
} from "./descriptors.ts";
import { externalBit, failSelector, SS, TS } from "./exceptions.ts";
import { type StackFrame, stackIn } from "./stack-frame.ts";
import { baseWord, loadSystem } from "./system-memory.ts";

const TSS32 = 8;

/** Loads `size` bytes of the running TSS; beyond its limit #TS(TR selector). A fault may be pending. */
export function loadTss(c: Processor, offset: number, size: number): number {
  const limit = c.s[S.SEGMENTS + S.TR * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT]! >>> 0;
  if (offset + size - 1 > limit) {
    failSelector(c, TS, selectorOf(c, S.TR));
    return 0;
  }
  return loadSystem(c, baseWord(S.TR), offset, size);
}

/** The new stack of an inter-privilege transfer outside IA-32e mode. */
export interface InnerStack {
  readonly descriptor: Descriptor;
  readonly frame: StackFrame;
}

/** Reads and checks the stack of privilege level `cpl` from a 16- or 32-bit TSS. Null when a fault is pending. */
export function innerStack(c: Processor, cpl: number): InnerStack | null {
  const wide = (rightsOf(c, S.TR) & TSS32) !== 0;
  const pointer = wide ? loadTss(c, 4 + 8 * cpl, 4) : loadTss(c, 2 + 4 * cpl, 2);
  if (c.fault !== FAULT_NONE) return null;
  const selector = wide ? loadTss(c, 8 + 8 * cpl, 2) : loadTss(c, 4 + 4 * cpl, 2);
  if (c.fault !== FAULT_NONE) return null;
  const descriptor = checkStackSegment(c, selector & 0xffff, cpl);
  return descriptor === null ? null : { descriptor, frame: stackIn(descriptor, pointer, cpl) };
}

/** The checks on a stack segment that comes from a TSS: #TS, and #SS when it is not present. */
export function checkStackSegment(c: Processor, selector: number, cpl: number): Descriptor | null {
  if (isNull(selector)) {
    c.raise(TS, externalBit(c));
    return null;
  }
  const descriptor = fetchDescriptor(c, selector, TS);
  if (descriptor === null) return null;
  const fits = (selector & 3) === cpl && descriptor.dpl === cpl && isWritableData(descriptor);
  if (!fits || !descriptor.present) {
    failSelector(c, fits ? SS : TS, selector);
    return null;
  }
  return markAccessed(c, descriptor) ? descriptor : null;
}

/** RSP0-RSP2 (index 0-2) or IST1-IST7 (index 1-7, `ist`) of a 64-bit TSS: low half; the high half is in `c.hi`. */
export function loadStackPointer64(c: Processor, index: number, ist: boolean): number {
  return loadTss(c, ist ? 28 + 8 * index : 4 + 8 * index, 8);
}
