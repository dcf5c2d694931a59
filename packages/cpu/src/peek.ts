import { indexAt, tableAddress } from "./page-walk.ts";
import { FRAME_UNBACKED, type PhysicalMemory } from "./physical-memory.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";

/*
 * Memory as an onlooker sees it, a debugger for one: no frame is taken, no accessed or dirty flag is set, no translation is remembered, no
 * fault is raised, no permission is asked.
 */

const CR0_PG = 1 << 31;
const CR4_PSE = 1 << 4;
const CR4_PAE = 1 << 5;
const CR4_LA57 = 1 << 12;
const EFER_LMA = 1 << 10;
const PRESENT = 1;
const PAGE_SIZE = 1 << 7;
const ADDRESS_HIGH = 0xfffff;

/** What the looks return where there is nothing to see: a device, or no translation. */
export const HIDDEN = -1;

/** What of a processor says how linear addresses are translated. */
export type PagingState = Pick<Processor, "s" | "memory" | "addressHighMask" | "gigabytePages" | "isCanonical">;

/** Leads a physical address of the running level to host-physical memory, or to `HIDDEN`. */
export type PhysicalTranslation = (address: number) => number;

/** The byte at a host-physical address: 0 in RAM that nobody has touched, FF where nothing is, `HIDDEN` where a device is. */
export function peekByte(memory: PhysicalMemory, address: number): number {
  const frame = Math.floor(address / 4096);
  const offset = memory.touchedOffset(frame);
  if (offset !== FRAME_UNBACKED) return memory.bytes[offset + (address % 4096)]!;
  if (memory.isRam(frame)) return 0;
  return memory.mmioAt(frame) === undefined ? 0xff : HIDDEN;
}

/** The aligned 32-bit word, signed, at a host-physical address; all ones where a device is. */
export function peekWord(memory: PhysicalMemory, address: number): number {
  let word = 0;
  for (let at = 0; at < 4; at++) word |= (peekByte(memory, address + at) & 0xff) << (8 * at);
  return word;
}

/**
 * The physical address (guest-physical under a second stage) behind a linear one, through the processor's paging structures as they are in
 * memory; `HIDDEN` where they map nothing.
 * @param toHost second stage, for the paging structures themselves
 */
export function peekLinear(c: PagingState, low: number, high: number, toHost: PhysicalTranslation): number {
  const { s } = c;
  const long = (s[S.EFER]! & EFER_LMA) !== 0 && (s[S.CR0]! & CR0_PG) !== 0;
  if (long ? !c.isCanonical(high) : high !== 0) return HIDDEN;
  if ((s[S.CR0]! & CR0_PG) === 0) return low >>> 0;
  if ((s[S.CR4]! & CR4_PAE) === 0) return peek32Bit(c, low, toHost);
  const levels = long ? ((s[S.CR4]! & CR4_LA57) !== 0 ? 5 : 4) : 2;
  const root = long ? S.CR3 : S.PDPTE + (low >>> 30) * 2;
  if (!long && (s[root]! & PRESENT) === 0) return HIDDEN;
  return peekLevels(c, low, high, { levels, root: tableAddress(s[root]!, s[root + 1]!, c.addressHighMask), toHost });
}

function peekLevels(
  c: PagingState,
  low: number,
  high: number,
  walk: { readonly levels: number; readonly root: number; readonly toHost: PhysicalTranslation },
): number {
  let table = walk.root;
  for (let level = walk.levels; level >= 1; level--) {
    const at = walk.toHost(table + indexAt(low, high, level) * 8);
    if (at < 0) return HIDDEN;
    const entryLow = peekWord(c.memory, at);
    const entryHigh = peekWord(c.memory, at + 4);
    if ((entryLow & PRESENT) === 0 || (entryHigh & ADDRESS_HIGH & ~c.addressHighMask) !== 0) return HIDDEN;
    if (level === 1 || (entryLow & PAGE_SIZE) !== 0) return leaf(c, low, level, entryLow, entryHigh);
    table = tableAddress(entryLow, entryHigh, c.addressHighMask);
  }
  return HIDDEN;
}

function leaf(c: PagingState, low: number, level: number, entryLow: number, entryHigh: number): number {
  if (level > 3 || (level === 3 && !c.gigabytePages)) return HIDDEN;
  const mask = level === 1 ? 0xfff : level === 2 ? 0x1fffff : 0x3fffffff;
  return tableAddress(entryLow & ~mask, entryHigh, c.addressHighMask) + (low & mask);
}

function peek32Bit(c: PagingState, low: number, toHost: PhysicalTranslation): number {
  const directory = toHost(((c.s[S.CR3]! & ~0xfff) >>> 0) + (low >>> 22) * 4);
  const entry = directory < 0 ? 0 : peekWord(c.memory, directory);
  if ((entry & PRESENT) === 0) return HIDDEN;
  if ((entry & PAGE_SIZE) !== 0 && (c.s[S.CR4]! & CR4_PSE) !== 0)
    return ((entry & 0xffc00000) >>> 0) + ((entry >>> 13) & 0xff) * 4294967296 + (low & 0x3fffff);
  const page = toHost(((entry & ~0xfff) >>> 0) + ((low >>> 12) & 1023) * 4);
  const last = page < 0 ? 0 : peekWord(c.memory, page);
  return (last & PRESENT) === 0 ? HIDDEN : ((last & ~0xfff) >>> 0) + (low & 0xfff);
}
