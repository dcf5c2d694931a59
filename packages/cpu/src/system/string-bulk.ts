import { DF } from "../flags.ts";
import type { Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE, type Access } from "../virtualization.ts";
import { implicitSegment, segmentAddress } from "./operands.ts";
import { advance, indexRegister } from "./repetition.ts";

const RAX = S.GPR;
const RSI = S.GPR + 12;
const RDI = S.GPR + 14;
const PAGE_LAST = 0xfff;
const FEWEST = 4;

/** Bulk work is for upward copies where no limit can be met within a page. */
function mayBulk(c: Processor, i: Op, segment: number): boolean {
  if ((c.s[S.FLAG_SYSTEM]! & DF) !== 0 || i.instruction.addressSize === 16) return false;
  return c.in64BitMode || c.s[S.SEGMENTS + segment * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT] === -1;
}

/**
 * Buffer offset of a linear address, or -1 where the slow path must decide; a fault may be pending. A TLB miss is walked here, since source
 * and destination may want the same TLB entry.
 */
function bufferOffset(c: Processor, low: number, high: number, access: Access): number {
  const s = c.s;
  const entry = c.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
  if (s[entry + access] === (low & ~PAGE_LAST) && s[entry + 3] === high) return s[entry + 4]! + (low & PAGE_LAST);
  if (c.tlb === S.TLB_NEVER || !c.isCanonical(high)) return -1;
  const at = c.mmu.translate(low, high, access, s[S.CPL] === 3);
  return at >= 0 && !(access === ACCESS_WRITE && c.memory.holdsCode(at)) ? at : -1;
}

/** Buffer offset behind an index register where `FEWEST` elements fit into the page, or -1; a page fault or an exit may be pending. */
function elementOffset(c: Processor, i: Op, segment: number, word: number, size: number, access: Access): number {
  const offset = indexRegister(c, i, word);
  const low = segmentAddress(c, segment, offset, c.hi, size, access);
  if (c.fault !== FAULT_NONE) {
    c.fault = FAULT_NONE;
    return -1;
  }
  return roomAt(low, size) < FEWEST ? -1 : bufferOffset(c, low, c.hi, access);
}

/** Elements from an address to the end of its page. */
function roomAt(address: number, size: number): number {
  return Math.floor((4096 - (address & PAGE_LAST)) / size);
}

/** Copies up to `count` elements within both pages; returns how many, 0 where the slow path must go on or a fault is pending. */
export function copyWithinPages(c: Processor, i: Op, size: number, count: number): number {
  const segment = implicitSegment(i);
  if (count < FEWEST || !mayBulk(c, i, S.ES) || !mayBulk(c, i, segment)) return 0;
  const from = elementOffset(c, i, segment, RSI, size, ACCESS_READ);
  if (from < 0) return 0;
  const to = elementOffset(c, i, S.ES, RDI, size, ACCESS_WRITE);
  if (to < 0) return 0;
  const elements = Math.min(count, roomAt(from, size), roomAt(to, size));
  const bytes = elements * size;
  // An upward copy onto itself repeats a pattern, which copyWithin would not.
  if (elements < FEWEST || (to > from && to < from + bytes)) return 0;
  c.bytes.copyWithin(to, from, from + bytes);
  advance(c, i, RSI, bytes);
  advance(c, i, RDI, bytes);
  return elements;
}

/** Stores RAX up to `count` times within the page; returns how often, 0 where the slow path must go on or a fault is pending. */
export function fillWithinPage(c: Processor, i: Op, size: number, count: number): number {
  if (count < FEWEST || !mayBulk(c, i, S.ES)) return 0;
  const to = elementOffset(c, i, S.ES, RDI, size, ACCESS_WRITE);
  if (to < 0) return 0;
  const elements = Math.min(count, roomAt(to, size));
  if (elements < FEWEST) return 0;
  const end = to + elements * size;
  if (size === 1) c.bytes.fill(c.s[RAX]! & 0xff, to, end);
  else if (size >= 4 && (to & 3) === 0 && (size === 4 || c.s[RAX] === c.s[RAX + 1]))
    c.memory.words.fill(c.s[RAX]!, to >>> 2, end >>> 2);
  else repeatElement(c, to, end, size);
  advance(c, i, RDI, end - to);
  return elements;
}

/** The first element, then ever longer copies of what is there. */
function repeatElement(c: Processor, to: number, end: number, size: number): void {
  storeElement(c, to, size);
  for (let done = size; to + done < end; done *= 2) c.bytes.copyWithin(to + done, to, Math.min(to + done, end - done));
}

function storeElement(c: Processor, at: number, size: number): void {
  if (size === 2) c.view.setInt16(at, c.s[RAX]!, true);
  else c.view.setInt32(at, c.s[RAX]!, true);
  if (size === 8) c.view.setInt32(at + 4, c.s[RAX + 1]!, true);
}
