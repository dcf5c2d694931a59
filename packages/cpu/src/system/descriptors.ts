import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { failSelector } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { baseWord, loadSystem, storeSystem } from "./system-memory.ts";

const TABLE_INDICATOR = 4;
const ACCESSED = 1;
const BUSY = 2;
const GRANULARITY = 1 << 15;

export const RIGHTS_LONG = 1 << 13;
export const RIGHTS_BIG = 1 << 14;
export const RIGHTS_UNUSABLE = 1 << 16;

/** System descriptor types (SDM 3A "System Descriptor Types"); 64-bit names in IA-32e mode. */
export const TYPE_TSS16 = 1;
export const TYPE_LDT = 2;
export const TYPE_CALL_GATE16 = 4;
export const TYPE_TASK_GATE = 5;
export const TYPE_INTERRUPT_GATE16 = 6;
export const TYPE_TRAP_GATE16 = 7;
export const TYPE_TSS = 9;
export const TYPE_CALL_GATE = 12;
export const TYPE_INTERRUPT_GATE = 14;
export const TYPE_TRAP_GATE = 15;

/** One descriptor of the GDT or LDT as it lies in memory, with its fields taken apart. */
export interface Descriptor {
  readonly selector: number;
  readonly low: number;
  readonly high: number;
  /** Bits 3:0 of the type. */
  readonly type: number;
  readonly isSystem: boolean;
  readonly dpl: number;
  readonly present: boolean;
  readonly base: number;
  /** In bytes, granularity applied. */
  readonly limit: number;
  /** As a segment register keeps them. */
  readonly rights: number;
}

/** Takes a descriptor's two words apart. */
export function parseDescriptor(selector: number, low: number, high: number): Descriptor {
  const rights = (high >>> 8) & 0xf0ff;
  const limit = (low & 0xffff) | (high & 0xf0000);
  return {
    selector,
    low,
    high,
    type: rights & 15,
    isSystem: (rights & 16) === 0,
    dpl: (rights >>> 5) & 3,
    present: (rights & 0x80) !== 0,
    base: (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000),
    limit: (rights & GRANULARITY) !== 0 ? (limit << 12) | 0xfff : limit,
    rights,
  };
}

export function isCode(d: Descriptor): boolean {
  return !d.isSystem && (d.type & 8) !== 0;
}

export function isConforming(d: Descriptor): boolean {
  return (d.type & 4) !== 0;
}

export function isWritableData(d: Descriptor): boolean {
  return !d.isSystem && (d.type & 10) === 2;
}

export function isReadable(d: Descriptor): boolean {
  return !d.isSystem && (d.type & 10) !== 8;
}

/** A null selector: index 0 in the GDT, whatever its RPL. */
export function isNull(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

function tableWord(selector: number): number {
  return (selector & TABLE_INDICATOR) !== 0 ? baseWord(S.LDTR) : S.GDTR;
}

/** Whether the last byte of a descriptor of `size` bytes lies within its table. */
export function isWithinTable(c: Processor, selector: number, size: number): boolean {
  const last = (selector & 0xfff8) + size - 1;
  if ((selector & TABLE_INDICATOR) === 0) return last <= (c.s[S.GDTR + 2]! & 0xffff);
  const ldtr = S.SEGMENTS + S.LDTR * S.SEGMENT_STRIDE;
  return (c.s[ldtr + S.SEGMENT_ACCESS]! & RIGHTS_UNUSABLE) === 0 && last <= c.s[ldtr + S.SEGMENT_LIMIT]! >>> 0;
}

/**
 * Reads the descriptor of a selector. Null when a fault is pending: `vector` with the selector if it lies outside its table, or a page
 * fault.
 */
export function fetchDescriptor(c: Processor, selector: number, vector: number): Descriptor | null {
  if (!isWithinTable(c, selector, 8)) {
    failSelector(c, vector, selector);
    return null;
  }
  const low = loadSystem(c, tableWord(selector), selector & 0xfff8, 8);
  return c.fault === FAULT_NONE ? parseDescriptor(selector, low, c.hi) : null;
}

/** The upper half of a 16-byte system descriptor's base or offset, or null when a fault is pending. */
export function fetchUpperHalf(c: Processor, selector: number, vector: number): number | null {
  if (!isWithinTable(c, selector, 16)) {
    failSelector(c, vector, selector);
    return null;
  }
  const high = loadSystem(c, tableWord(selector), (selector & 0xfff8) + 8, 8);
  if (c.fault !== FAULT_NONE) return null;
  if ((c.hi & 0x1f00) === 0) return high;
  failSelector(c, vector, selector);
  return null;
}

/** Sets the accessed bit of a code or data descriptor in memory. False when a fault is pending. */
export function markAccessed(c: Processor, d: Descriptor): boolean {
  if ((d.type & ACCESSED) !== 0) return true;
  return storeSystem(c, tableWord(d.selector), (d.selector & 0xfff8) + 5, 1, ((d.high >>> 8) & 0xff) | ACCESSED);
}

/** Sets or clears the busy bit of a TSS descriptor in memory. False when a fault is pending. */
export function markBusy(c: Processor, selector: number, high: number, busy: boolean): boolean {
  const byte = (high >>> 8) & 0xff;
  return storeSystem(c, tableWord(selector), (selector & 0xfff8) + 5, 1, busy ? byte | BUSY : byte & ~BUSY);
}

/** Fills a segment register from a descriptor; code and data count as accessed. */
export function setSegment(c: Processor, register: number, selector: number, d: Descriptor, baseHigh = 0): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  const s = c.s;
  s[word + S.SEGMENT_SELECTOR] = selector & 0xffff;
  s[word + S.SEGMENT_BASE] = d.base;
  s[word + S.SEGMENT_BASE_HIGH] = baseHigh;
  s[word + S.SEGMENT_LIMIT] = d.limit;
  s[word + S.SEGMENT_ACCESS] = d.isSystem ? d.rights : d.rights | ACCESSED;
}

/** AMD processors before Zen 3 leave base and limit alone when a null selector is loaded (APM 3 "Function 8000_0021h", bit 6 of EAX). */
function keepsNullBase(c: Processor): boolean {
  return c.model.vendor === "amd" && !hasFeature(c, "null-sel-clr-base");
}

/** Makes a segment register unusable. SS keeps the privilege level in its DPL. */
export function setNullSegment(c: Processor, register: number, selector: number, dpl = 0): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  const s = c.s;
  s[word + S.SEGMENT_SELECTOR] = selector & 0xffff;
  if (!keepsNullBase(c)) {
    s[word + S.SEGMENT_BASE] = 0;
    s[word + S.SEGMENT_BASE_HIGH] = 0;
    s[word + S.SEGMENT_LIMIT] = 0;
  }
  s[word + S.SEGMENT_ACCESS] = RIGHTS_UNUSABLE | (dpl << 5);
}

/** Loads a segment register as real-address mode does: the base follows the selector, the rest stays. */
export function setParagraph(c: Processor, register: number, selector: number): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_SELECTOR] = selector & 0xffff;
  c.s[word + S.SEGMENT_BASE] = (selector & 0xffff) << 4;
  c.s[word + S.SEGMENT_BASE_HIGH] = 0;
}

/** A selector register. */
export function selectorOf(c: Processor, register: number): number {
  return c.s[S.SEGMENTS + register * S.SEGMENT_STRIDE + S.SEGMENT_SELECTOR]! & 0xffff;
}

export function rightsOf(c: Processor, register: number): number {
  return c.s[S.SEGMENTS + register * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS]!;
}
