import { AC } from "./flags.ts";
import type { WalkResult } from "./mmu.ts";
import { NO_TRAIL, type WalkState } from "./page-walk.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import type { Access } from "./virtualization.ts";

const SLOTS = 1024;
const CR0_PG = 1 << 31;
const CR4_PKE = 1 << 22;
const CR4_PKS = 1 << 24;
const EFER_LMA = 1 << 10;

// Words of a slot: what the walk was for …
const PAGE = 0;
const HIGH = 1;
const KIND = 2;
const CR0 = 3;
const CR3 = 4;
const CR4 = 6;
const EFER = 7;
const GENERATION = 8;
// … the entries that it read, where they lie and what they hold …
const COUNT = 9;
const PLACES = 10;
const MOST = 5;
const LOWS = PLACES + MOST;
const HIGHS = LOWS + MOST;
// … and what came of it.
const RIGHTS = HIGHS + MOST;
const SIZE_MASK = RIGHTS + 1;
const PERMISSIONS = RIGHTS + 2;
const WORDS = RIGHTS + 3;

const READABLE = 1;
const WRITABLE = 2;
const EXECUTABLE = 4;
const DIRTY = 8;
const GLOBAL = 16;

function rightsOf(walk: WalkResult): number {
  return (
    (walk.readable ? READABLE : 0) |
    (walk.writable ? WRITABLE : 0) |
    (walk.executable ? EXECUTABLE : 0) |
    (walk.dirty ? DIRTY : 0) |
    (walk.global ? GLOBAL : 0)
  );
}

/**
 * Walks of 4- and 5-level paging that need not be made again: every entry that they read still holds what it held, and nothing else
 * that they depend on is different. So this is no TLB - it never tells anything stale - but makes filling the TLB anew cheap where it is
 * flushed often, as at VM entries and exits without VPID. A cache beside the state.
 */
export class RememberedWalks {
  /** Of the walk found last: the physical page, and `STAGE2_*`. */
  page = 0;
  permissions = 0;
  private readonly slots = new Int32Array(SLOTS * WORDS);
  private readonly pages = new Float64Array(SLOTS);
  private readonly c: Processor;

  constructor(c: Processor) {
    this.c = c;
  }

  /** Whether walks depend on nothing that is not compared: keys, an APIC-access page, a second stage that cannot tell. */
  private isUsable(): boolean {
    const { c } = this;
    const { s } = c;
    if ((s[S.EFER]! & EFER_LMA) === 0 || (s[S.CR0]! & CR0_PG) === 0) return false;
    if ((s[S.CR4]! & (CR4_PKE | CR4_PKS)) !== 0 || c.implicitAccess || c.apicAccessPage >= 0) return false;
    return c.secondStage === null || c.secondStage.generation > 0;
  }

  private kindOf(access: Access, user: boolean): number {
    return access | (user ? 4 : 0) | (this.c.s[S.FLAG_SYSTEM]! & AC);
  }

  private generation(): number {
    return this.c.secondStage === null ? 0 : this.c.secondStage.generation;
  }

  /** Host and guest often use the same addresses in turn. */
  private slotOf(low: number, access: Access): number {
    return ((low >>> 12) ^ (access << 8) ^ (this.c.secondStage === null ? 0 : SLOTS / 2)) & (SLOTS - 1);
  }

  /** Finds what a walk for the access would give now; in `result`, `page` and `permissions`. */
  find(low: number, high: number, access: Access, user: boolean, result: WalkResult): boolean {
    const { slots } = this;
    const slot = this.slotOf(low, access);
    const at = slot * WORDS;
    if (slots[at + PAGE] !== (low & ~0xfff) || slots[at + COUNT] === 0 || slots[at + HIGH] !== high) return false;
    if (slots[at + KIND] !== this.kindOf(access, user) || !this.isUsable()) return false;
    if (!this.hasSameRegisters(at) || !this.hasSameEntries(at)) return false;
    const rights = slots[at + RIGHTS]!;
    result.readable = (rights & READABLE) !== 0;
    result.writable = (rights & WRITABLE) !== 0;
    result.executable = (rights & EXECUTABLE) !== 0;
    result.dirty = (rights & DIRTY) !== 0;
    result.global = (rights & GLOBAL) !== 0;
    result.sizeMask = slots[at + SIZE_MASK]!;
    this.page = this.pages[slot]!;
    this.permissions = slots[at + PERMISSIONS]!;
    return true;
  }

  private hasSameRegisters(at: number): boolean {
    const { slots } = this;
    const { s } = this.c;
    return (
      slots[at + CR0] === s[S.CR0] &&
      slots[at + CR3] === s[S.CR3] &&
      slots[at + CR3 + 1] === s[S.CR3 + 1] &&
      slots[at + CR4] === s[S.CR4] &&
      slots[at + EFER] === s[S.EFER] &&
      slots[at + GENERATION] === this.generation()
    );
  }

  private hasSameEntries(at: number): boolean {
    const { slots } = this;
    const { words } = this.c.memory;
    for (let n = at; n < at + slots[at + COUNT]!; n++) {
      const place = slots[n + PLACES]!;
      if (words[place] !== slots[n + LOWS] || words[place + 1] !== slots[n + HIGHS]) return false;
    }
    return true;
  }

  /** Remembers the walk just made. */
  remember(walk: WalkState, result: WalkResult, page: number, permissions: number): void {
    if (walk.depth === 0 || walk.depth >= NO_TRAIL || !this.isUsable()) return;
    const { slots, c } = this;
    const { s } = c;
    const slot = this.slotOf(walk.low, walk.access);
    const at = slot * WORDS;
    slots[at + PAGE] = walk.low & ~0xfff;
    slots[at + HIGH] = walk.high;
    slots[at + KIND] = this.kindOf(walk.access, walk.user);
    slots[at + CR0] = s[S.CR0]!;
    slots[at + CR3] = s[S.CR3]!;
    slots[at + CR3 + 1] = s[S.CR3 + 1]!;
    slots[at + CR4] = s[S.CR4]!;
    slots[at + EFER] = s[S.EFER]!;
    slots[at + GENERATION] = this.generation();
    slots[at + COUNT] = walk.depth;
    for (let n = 0; n < walk.depth; n++) {
      const place = walk.trail[n]!;
      slots[at + PLACES + n] = place;
      slots[at + LOWS + n] = c.memory.words[place]!;
      slots[at + HIGHS + n] = c.memory.words[place + 1]!;
    }
    slots[at + RIGHTS] = rightsOf(result);
    slots[at + SIZE_MASK] = result.sizeMask;
    slots[at + PERMISSIONS] = permissions;
    this.pages[slot] = page;
  }

  /** The memory is another machine's now. */
  forget(): void {
    this.slots.fill(0);
  }
}
