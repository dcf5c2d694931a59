import type { Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { GP } from "../system/exceptions.ts";
import { displaced } from "../system/linear-bytes.ts";
import { memoryAddress } from "../system/operands.ts";
import type { Access } from "../virtualization.ts";
import { LANES_BYTES } from "./lanes.ts";

const PAGE_LAST = 0xfff;

/**
 * Linear address of the memory operand: low half; the high half is in `c.hi`. #GP(0) if a bit of `alignment` is set in it.
 * A fault may be pending.
 */
export function vectorAddress(c: Processor, i: Op, bytes: number, alignment: number, access: Access): number {
  const low = memoryAddress(c, i, bytes, access);
  if ((low & alignment) !== 0 && c.fault === FAULT_NONE) c.raise(GP, 0);
  return low;
}

/** Loads 32-bit words from a linear address to `into[first …]`, all or none. False when a fault is pending. */
export function loadLanes(
  c: Processor,
  low: number,
  high: number,
  words: number,
  into: Int32Array,
  first: number,
): boolean {
  const s = c.s;
  const entry = c.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
  const inPage = low & PAGE_LAST;
  if (s[entry] !== (low & ~PAGE_LAST) || s[entry + 3] !== high || inPage > 4096 - words * 4)
    return loadPieces(c, low, high, words, into, first);
  const view = c.view;
  const at = s[entry + 4]! + inPage;
  for (let n = 0; n < words; n++) into[first + n] = view.getInt32(at + n * 4, true);
  return true;
}

const pieces = new Int32Array(LANES_BYTES / 4);

function loadPieces(c: Processor, low: number, high: number, words: number, into: Int32Array, first: number): boolean {
  let n = 0;
  for (; n + 1 < words && c.fault === FAULT_NONE; n += 2) {
    const at = displaced(c, low, high, n * 4);
    pieces[n] = c.load64(at, c.hi);
    pieces[n + 1] = c.hi;
  }
  if (n < words && c.fault === FAULT_NONE) {
    const at = displaced(c, low, high, n * 4);
    pieces[n] = c.load32(at, c.hi);
  }
  if (c.fault !== FAULT_NONE) return false;
  for (let k = 0; k < words; k++) into[first + k] = pieces[k]!;
  return true;
}

/** Stores 32-bit words `from[first …]` to a linear address, all or none. False when a fault is pending. */
export function storeLanes(
  c: Processor,
  low: number,
  high: number,
  words: number,
  from: Int32Array,
  first: number,
): boolean {
  const s = c.s;
  const entry = c.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
  const inPage = low & PAGE_LAST;
  if (s[entry + 1] !== (low & ~PAGE_LAST) || s[entry + 3] !== high || inPage > 4096 - words * 4)
    return storePieces(c, low, high, words, from, first);
  const view = c.view;
  const at = s[entry + 4]! + inPage;
  for (let n = 0; n < words; n++) view.setInt32(at + n * 4, from[first + n]!, true);
  return true;
}

function storePieces(c: Processor, low: number, high: number, words: number, from: Int32Array, first: number): boolean {
  if ((low & PAGE_LAST) > 4096 - words * 4 && !c.probeWrite(low, high, words * 4)) return false;
  let n = 0;
  for (; n + 1 < words && c.fault === FAULT_NONE; n += 2) {
    const at = displaced(c, low, high, n * 4);
    c.store64(at, c.hi, from[first + n]!, from[first + n + 1]!);
  }
  if (n < words && c.fault === FAULT_NONE) {
    const at = displaced(c, low, high, n * 4);
    c.store32(at, c.hi, from[first + n]!);
  }
  return c.fault === FAULT_NONE;
}
