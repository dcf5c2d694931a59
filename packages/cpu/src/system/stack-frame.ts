import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import type { Descriptor } from "./descriptors.ts";
import { RIGHTS_BIG } from "./descriptors.ts";
import { externalBit, SS } from "./exceptions.ts";
import { limitHolds } from "./operands.ts";

const RSP = S.GPR + 8;

/** A stack that control transfers push to before it becomes the running one. */
export interface StackFrame {
  readonly is64: boolean;
  readonly base: number;
  readonly limit: number;
  readonly rights: number;
  /** Selector part of the error code of #SS. */
  readonly selector: number;
  /** Whether accesses are made as user accesses. */
  readonly user: boolean;
  low: number;
  high: number;
}

/** The running stack, to be used by a transfer that ends at privilege level `cpl`. */
export function currentStack(c: Processor, cpl: number, is64: boolean): StackFrame {
  const ss = S.SEGMENTS + S.SS * S.SEGMENT_STRIDE;
  return {
    is64,
    base: c.s[ss + S.SEGMENT_BASE]!,
    limit: c.s[ss + S.SEGMENT_LIMIT]!,
    rights: c.s[ss + S.SEGMENT_ACCESS]!,
    selector: 0,
    user: cpl === 3,
    low: c.s[RSP]!,
    high: c.s[RSP + 1]!,
  };
}

/** A stack in a data segment that is not loaded yet. */
export function stackIn(descriptor: Descriptor, pointer: number, cpl: number): StackFrame {
  return {
    is64: false,
    base: descriptor.base,
    limit: descriptor.limit,
    rights: descriptor.rights,
    selector: descriptor.selector & 0xfffc,
    user: cpl === 3,
    low: pointer,
    high: 0,
  };
}

/** A stack of 64-bit mode. */
export function flatStack(low: number, high: number, cpl: number): StackFrame {
  return { is64: true, base: 0, limit: 0, rights: 0, selector: 0, user: cpl === 3, low, high };
}

/** Pushes `size` bytes. False when a fault is pending. */
export function pushTo(c: Processor, stack: StackFrame, size: number, value: number, valueHigh = 0): boolean {
  if (stack.is64) return pushFlat(c, stack, size, value, valueHigh);
  const mask = (stack.rights & RIGHTS_BIG) !== 0 ? -1 : 0xffff;
  const offset = (stack.low - size) & mask;
  if (!limitHolds(stack.limit, stack.rights, offset, size)) return stackFault(c, stack);
  c.storeAs((stack.base + offset) | 0, 0, size, value, valueHigh, stack.user);
  if (c.fault !== FAULT_NONE) return false;
  stack.low = mask === -1 ? offset : (stack.low & ~0xffff) | offset;
  return true;
}

function pushFlat(c: Processor, stack: StackFrame, size: number, value: number, valueHigh: number): boolean {
  const high = (stack.high - (stack.low >>> 0 < size ? 1 : 0)) | 0;
  const low = (stack.low - size) | 0;
  if (!c.isCanonical(high)) return stackFault(c, stack);
  c.storeAs(low, high, size, value, valueHigh, stack.user);
  if (c.fault !== FAULT_NONE) return false;
  stack.low = low;
  stack.high = high;
  return true;
}

function stackFault(c: Processor, stack: StackFrame): false {
  c.raise(SS, stack.selector | externalBit(c));
  return false;
}

/** Makes the stack's pointer the running RSP. */
export function commitStack(c: Processor, stack: StackFrame): void {
  const wide = stack.is64 || (stack.rights & RIGHTS_BIG) !== 0;
  c.s[RSP] = wide ? stack.low : (c.s[RSP]! & ~0xffff) | (stack.low & 0xffff);
  if (wide) c.s[RSP + 1] = stack.is64 ? stack.high : 0;
}
