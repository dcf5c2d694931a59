import { isInAccessPage, walkThroughAccessPage } from "./apic/access-page.ts";
import type { WalkResult } from "./mmu.ts";
import { isAllowed, keyDenies, readableNow, writableNow } from "./page-rights.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, type Access, STAGE2_EXIT } from "./virtualization.ts";

const CR0_PG = 1 << 31;
const CR4_PSE = 1 << 4;
const CR4_PAE = 1 << 5;
const CR4_PGE = 1 << 7;
const CR4_LA57 = 1 << 12;
const CR4_SMEP = 1 << 20;
const EFER_LMA = 1 << 10;
const EFER_NXE = 1 << 11;

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const ACCESSED = 1 << 5;
const DIRTY = 1 << 6;
const PAGE_SIZE = 1 << 7;
const GLOBAL = 1 << 8;
const NX_HIGH = 1 << 31;
/** Low bits of a PDPTE of PAE paging that must be 0. */
const PDPTE_RESERVED = 0x1e6;

const ERROR_PRESENT = 1;
const ERROR_WRITE = 2;
const ERROR_USER = 4;
const ERROR_RESERVED = 8;
const ERROR_FETCH = 16;
const ERROR_KEY = 32;
const ERROR_SHADOW_STACK = 64;

/** One walk in progress. A single object per module would be state; one per processor lives in its `walkState`. */
export interface WalkState {
  low: number;
  high: number;
  access: Access;
  user: boolean;
  /** Combined rights so far. */
  writable: boolean;
  userPage: boolean;
  executable: boolean;
  /** Whether the tables above the entry just read allow writes. */
  tablesWritable: boolean;
  /** An access by the rules of shadow stacks. */
  shadow: boolean;
  /** Entry just read. */
  entryLow: number;
  entryHigh: number;
  /** Where the entries lie that were read, as words of the memory's buffer, and how many; at least `NO_TRAIL` where one lies nowhere. */
  readonly trail: Int32Array;
  depth: number;
}

export const NO_TRAIL = 6;

export function createWalkState(): WalkState {
  return {
    low: 0,
    high: 0,
    access: ACCESS_READ,
    user: false,
    writable: true,
    userPage: true,
    executable: true,
    tablesWritable: true,
    shadow: false,
    entryLow: 0,
    entryHigh: 0,
    trail: new Int32Array(NO_TRAIL),
    depth: 0,
  };
}

/**
 * Walks the guest's paging structures for one linear address (SDM 3A "Paging"), setting accessed and dirty flags.
 * @returns false when a page fault is pending or a second-stage exit was made
 */
export function walkLinear(
  c: Processor,
  low: number,
  high: number,
  access: Access,
  user: boolean,
  out: WalkResult,
): boolean {
  const s = c.s;
  const w = c.walkState;
  w.depth = 0;
  if ((s[S.CR0]! & CR0_PG) === 0) {
    out.page = (low & ~0xfff) >>> 0;
    out.readable = out.writable = out.executable = out.dirty = true;
    out.global = false;
    out.sizeMask = ~0xfff;
    return true;
  }
  w.low = low;
  w.high = high;
  w.access = access;
  w.user = user;
  w.writable = w.userPage = w.executable = true;
  if ((s[S.CR4]! & CR4_PAE) === 0) return walk32(c, w, out);
  if ((s[S.EFER]! & EFER_LMA) === 0) return walkPae(c, w, out);
  const levels = (s[S.CR4]! & CR4_LA57) !== 0 ? 5 : 4;
  return walkLong(c, w, out, levels, tableAddress(s[S.CR3]!, s[S.CR3 + 1]!, c.addressHighMask));
}

/** Physical address of the table or page that an entry (or CR3) names. */
export function tableAddress(entryLow: number, entryHigh: number, highMask: number): number {
  return ((entryLow & ~0xfff) >>> 0) + (entryHigh & highMask) * 4294967296;
}

/** Reads a paging-structure entry through the second stage. Returns its host-physical address, or -1 after an exit. */
function readEntry(c: Processor, w: WalkState, gpa: number, is32: boolean): number {
  let at = gpa;
  const stage = c.secondStage;
  if (stage !== null) {
    const linear = c.mmu.linear;
    linear.valid = true;
    linear.low = w.low;
    linear.high = w.high;
    at = stage.translate(gpa, ACCESS_READ, true, linear);
    if (at === STAGE2_EXIT) return exitMade(c);
  }
  if (isInAccessPage(c, at)) {
    walkThroughAccessPage(c, at % 4096);
    return exitMade(c);
  }
  fetchEntry(c, w, at, is32);
  return at;
}

/** Entries are aligned: both halves are in one frame. */
function fetchEntry({ memory }: Processor, w: WalkState, at: number, is32: boolean): void {
  const offset = memory.frameOffset(Math.floor(at / 4096));
  if (offset < 0) {
    w.entryLow = -1;
    w.entryHigh = is32 ? 0 : -1;
    w.depth = NO_TRAIL;
    return;
  }
  const word = (offset + (at % 4096)) >>> 2;
  w.entryLow = memory.words[word]!;
  w.entryHigh = is32 ? 0 : memory.words[word + 1]!;
  if (w.depth < NO_TRAIL) w.trail[w.depth++] = word;
}

function exitMade(c: Processor): number {
  if (c.fault === 0) c.noteExit();
  return -1;
}

/** Sets accessed (and dirty) in the entry at guest-physical `gpa`, host-physical `at`. False after a second-stage exit. */
function setAccessed(c: Processor, w: WalkState, gpa: number, at: number, bits: number): boolean {
  if ((w.entryLow & bits) === bits) return true;
  const stage = c.secondStage;
  if (stage !== null) {
    const writable = stage.translate(gpa, ACCESS_WRITE, true, c.mmu.linear);
    if (writable === STAGE2_EXIT) return exitMade(c) === 0;
  }
  w.entryLow |= bits;
  c.memory.write32(at, w.entryLow);
  return true;
}

function pageFault(c: Processor, w: WalkState, present: boolean, reserved: boolean): false {
  const hasNx = (c.s[S.EFER]! & EFER_NXE) !== 0 && (c.s[S.CR4]! & CR4_PAE) !== 0;
  const nx = hasNx || (c.s[S.CR4]! & CR4_SMEP) !== 0;
  const code =
    (present ? ERROR_PRESENT : 0) |
    (w.access === ACCESS_WRITE ? ERROR_WRITE : 0) |
    (w.user ? ERROR_USER : 0) |
    (reserved ? ERROR_RESERVED : 0) |
    (w.access === ACCESS_FETCH && nx ? ERROR_FETCH : 0) |
    (present && !reserved && keyDenies(c, w) ? ERROR_KEY : 0) |
    (w.shadow ? ERROR_SHADOW_STACK : 0);
  c.raise(14, code, w.low, w.high);
  return false;
}

/** Reserved high bits of a 64-bit entry: above MAXPHYADDR (with PAE paging up to bit 62), and NX while EFER.NXE is 0. */
function reservedHigh(c: Processor, entryHigh: number): boolean {
  const efer = c.s[S.EFER]!;
  const nxe = (efer & EFER_NXE) !== 0;
  const reserved = ((efer & EFER_LMA) !== 0 ? 0xfffff : 0x7fffffff) & ~c.addressHighMask;
  return (entryHigh & reserved) !== 0 || (!nxe && (entryHigh & NX_HIGH) !== 0);
}

function walkLong(c: Processor, w: WalkState, out: WalkResult, levels: number, root: number): boolean {
  let table = root;
  for (let level = levels; level >= 1; level--) {
    const gpa = table + indexAt(w.low, w.high, level) * 8;
    const at = readEntry(c, w, gpa, false);
    if (at < 0) return false;
    if ((w.entryLow & PRESENT) === 0) return pageFault(c, w, false, false);
    if (isReservedEntry(c, w, level)) return pageFault(c, w, true, true);
    combine(w);
    if (level === 1 || (w.entryLow & PAGE_SIZE) !== 0) return finish(c, w, out, gpa, at, level);
    if (!setAccessed(c, w, gpa, at, ACCESSED)) return false;
    table = tableAddress(w.entryLow, w.entryHigh, c.addressHighMask);
  }
  return false;
}

/** Whether the entry just read has a reserved bit set: high address bits, NX, page size, or low bits of a large page's address. */
function isReservedEntry(c: Processor, w: WalkState, level: number): boolean {
  if (reservedHigh(c, w.entryHigh)) return true;
  if (level === 1) return false;
  if ((w.entryLow & PAGE_SIZE) === 0) return (w.entryLow & GLOBAL) !== 0 && level > 2 && c.model.vendor === "amd";
  return level > 3 || (level === 3 && !c.gigabytePages) || reservedInLarge(w.entryLow, level);
}

/** Index into the paging structure of a level, 1 for page tables. */
export function indexAt(low: number, high: number, level: number): number {
  if (level === 1) return (low >>> 12) & 511;
  if (level === 2) return (low >>> 21) & 511;
  if (level === 3) return ((low >>> 30) | (high << 2)) & 511;
  if (level === 4) return (high >>> 7) & 511;
  return (high >>> 16) & 511;
}

function reservedInLarge(low: number, level: number): boolean {
  return level === 2 ? (low & 0x001fe000) !== 0 : (low & 0x3fffe000) !== 0;
}

function combine(w: WalkState): void {
  w.tablesWritable = w.writable;
  w.writable = w.writable && (w.entryLow & WRITE) !== 0;
  w.userPage = w.userPage && (w.entryLow & USER) !== 0;
  w.executable = w.executable && (w.entryHigh & NX_HIGH) === 0;
}

/** Rights of the leaf are known: check the access, set A and D, fill in the result. */
function finish(c: Processor, w: WalkState, out: WalkResult, gpa: number, at: number, level: number): boolean {
  if (!isAllowed(c, w)) return pageFault(c, w, true, false);
  const bits = w.access === ACCESS_WRITE ? ACCESSED | DIRTY : ACCESSED;
  if (!setAccessed(c, w, gpa, at, bits)) return false;
  const sizeMask = level === 1 ? 0xfff : level === 2 ? 0x1fffff : 0x3fffffff;
  const base = tableAddress(w.entryLow & ~sizeMask, w.entryHigh, c.addressHighMask);
  fillResult(c, w, out, base + (w.low & sizeMask & ~0xfff), ~sizeMask);
  return true;
}

function fillResult(c: Processor, w: WalkState, out: WalkResult, page: number, sizeMask: number): void {
  const s = c.s;
  out.page = page;
  out.sizeMask = sizeMask;
  out.readable = readableNow(c, w);
  out.writable = out.readable && writableNow(c, w);
  out.executable = w.executable && (w.user || !w.userPage || (s[S.CR4]! & CR4_SMEP) === 0);
  out.dirty = (w.entryLow & DIRTY) !== 0;
  out.global = (w.entryLow & GLOBAL) !== 0 && (s[S.CR4]! & CR4_PGE) !== 0;
}

/** PAE paging: PDPTEs come from the registers loaded with CR3. */
function walkPae(c: Processor, w: WalkState, out: WalkResult): boolean {
  if (c.secondStage?.walksPdptes) return walkPdptes(c, w, out);
  const slot = S.PDPTE + ((w.low >>> 30) & 3) * 2;
  const pdpteLow = c.s[slot]!;
  if ((pdpteLow & PRESENT) === 0) return pageFault(c, w, false, false);
  return walkLong(c, w, out, 2, tableAddress(pdpteLow, c.s[slot + 1]!, c.addressHighMask));
}

/** PAE paging whose PDPTEs are read like other entries (APM 2 "Legacy PAE Mode" under nested paging). */
function walkPdptes(c: Processor, w: WalkState, out: WalkResult): boolean {
  const at = ((c.s[S.CR3]! & ~31) >>> 0) + ((w.low >>> 30) & 3) * 8;
  if (readEntry(c, w, at, false) < 0) return false;
  if ((w.entryLow & PRESENT) === 0) return pageFault(c, w, false, false);
  const reserved = (w.entryLow & PDPTE_RESERVED) !== 0 || (w.entryHigh & ~c.addressHighMask) !== 0;
  if (reserved) return pageFault(c, w, true, true);
  return walkLong(c, w, out, 2, tableAddress(w.entryLow, w.entryHigh, c.addressHighMask));
}

/** 32-bit paging with optional 4 MiB pages. */
function walk32(c: Processor, w: WalkState, out: WalkResult): boolean {
  const directory = ((c.s[S.CR3]! & ~0xfff) >>> 0) + ((w.low >>> 22) & 1023) * 4;
  let at = readEntry(c, w, directory, true);
  if (at < 0) return false;
  if ((w.entryLow & PRESENT) === 0) return pageFault(c, w, false, false);
  combine(w);
  if ((w.entryLow & PAGE_SIZE) !== 0 && (c.s[S.CR4]! & CR4_PSE) !== 0) return finish4M(c, w, out, directory, at);
  if (!setAccessed(c, w, directory, at, ACCESSED)) return false;
  const table = ((w.entryLow & ~0xfff) >>> 0) + ((w.low >>> 12) & 1023) * 4;
  at = readEntry(c, w, table, true);
  if (at < 0) return false;
  if ((w.entryLow & PRESENT) === 0) return pageFault(c, w, false, false);
  combine(w);
  return finish(c, w, out, table, at, 1);
}

function finish4M(c: Processor, w: WalkState, out: WalkResult, gpa: number, at: number): boolean {
  // PSE-36: bits 20:13 are physical address bits 39:32, and reserved where the processor has fewer; bit 21 is always.
  const existing = (c.addressHighMask & 0xff) << 13;
  if ((w.entryLow & 0x3fe000 & ~existing) !== 0) return pageFault(c, w, true, true);
  if (!isAllowed(c, w)) return pageFault(c, w, true, false);
  if (!setAccessed(c, w, gpa, at, w.access === ACCESS_WRITE ? ACCESSED | DIRTY : ACCESSED)) return false;
  const base = ((w.entryLow & 0xffc00000) >>> 0) + ((w.entryLow >>> 13) & 0xff) * 4294967296;
  fillResult(c, w, out, base + (w.low & 0x3ff000), ~0x3fffff);
  return true;
}
