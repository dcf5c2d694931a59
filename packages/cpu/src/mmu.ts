import { fetchFromAccessPage } from "./apic/access-page.ts";
import { walkLinear } from "./page-walk.ts";
import type { Processor } from "./processor.ts";
import { RememberedWalks } from "./remembered-walks.ts";
import { restoreTlb, type SavedTlb, saveTlb, TLB_JOURNAL } from "./saved-tlb.ts";
import * as S from "./state-layout.ts";
import { tlbPart } from "./tlb-part.ts";
import {
  ACCESS_FETCH,
  ACCESS_READ,
  ACCESS_WRITE,
  type Access,
  type LinearContext,
  STAGE2_EXECUTE,
  STAGE2_EXIT,
  STAGE2_READ,
  STAGE2_WRITE,
} from "./virtualization.ts";

/** What `Mmu.translate` returns instead of a buffer offset: -1 where nothing is, or this where a device is. */
export const ADDRESS_MMIO = -2;
/** A page fault is pending, or a second-stage VM exit was made. */
export const ADDRESS_FAULT = -3;

// Words of a TLB entry. Tags hold the linear page (low half), or 1 when the access is not proven.
const TAG_HIGH = 3;
const FRAME_OFFSET = 4;
const ENTRY_FLAGS = 5;
const LINEAR_PAGE = 6;
const SIZE_MASK = 7;
const INVALID = 1;
const FLAG_GLOBAL = 1;

/** Result of a linear page walk: the physical page (guest-physical under a second stage) and what may be done with it. */
export interface WalkResult {
  /** Physical address of the 4 KiB page that holds the linear address. */
  page: number;
  readable: boolean;
  writable: boolean;
  executable: boolean;
  /** Dirty already, so that the next write needs no walk. */
  dirty: boolean;
  global: boolean;
  /** Bits of the low half of the linear address that tell the page, of whatever size, from others. */
  sizeMask: number;
}

/** Linear to physical translation of one processor with its TLB (SDM 3A "Caching Translation Information"). */
export class Mmu {
  /** Physical address of the access that missed the TLB last: for unbacked and memory-mapped accesses. */
  physical = 0;
  /** `STAGE2_*` of the translation just made. */
  private permissions = 0;
  readonly walk: WalkResult = {
    page: 0,
    readable: false,
    writable: false,
    executable: false,
    dirty: false,
    global: false,
    sizeMask: 0,
  };
  readonly linear: LinearContext = { valid: false, low: 0, high: 0 };
  /**
   * Entries that were filled since each context was flushed, so that a flush need not touch them all: their number, and their word offsets.
   * More than `TLB_JOURNAL` or what was there before: not known. A cache beside the TLB words, never state.
   */
  private readonly filled = new Int32Array(S.TLB_CONTEXTS).fill(TLB_JOURNAL + 1);
  private readonly journal = new Int32Array(S.TLB_CONTEXTS * TLB_JOURNAL);
  private readonly remembered: RememberedWalks;
  private readonly s: Int32Array;
  private readonly c: Processor;

  constructor(c: Processor) {
    this.c = c;
    this.s = c.s;
    this.remembered = new RememberedWalks(c);
    c.memory.onCodeFrame.push((offset) => this.dropWriteTags(offset));
  }

  /**
   * Translates a linear address after a TLB miss and remembers the result.
   * @returns byte offset in the flat buffer, or -1, `ADDRESS_MMIO` or `ADDRESS_FAULT`
   */
  translate(low: number, high: number, access: Access, user: boolean): number {
    if (!this.findPhysical(low, high, access, user)) return ADDRESS_FAULT;
    const inPage = low & 0xfff;
    const page = this.physical - inPage;
    if (page === this.c.apicAccessPage) return this.accessPage(inPage, access);
    if (page === this.c.apic.page) return ADDRESS_MMIO;
    const offset = this.c.memory.frameOffset(page / 4096);
    if (offset < 0) return offset;
    this.fill(low, high, user, offset, this.permissions);
    return offset + inPage;
  }

  /** Leads the linear address to `physical`. False when a page fault is pending or an exit was made. */
  private findPhysical(low: number, high: number, access: Access, user: boolean): boolean {
    const { remembered, walk } = this;
    if (remembered.find(low, high, access, user, walk)) {
      this.physical = remembered.page + (low & 0xfff);
      this.permissions = remembered.permissions;
      return true;
    }
    if (!walkLinear(this.c, low, high, access, user, walk)) return false;
    if (!this.throughSecondStage(low, high, access)) return false;
    remembered.remember(this.c.walkState, walk, this.physical - (low & 0xfff), this.permissions);
    return true;
  }

  /** Loads and stores in the APIC-access page are looked at one by one; there is nothing to fetch from it. */
  private accessPage(offset: number, access: Access): number {
    if (access !== ACCESS_FETCH) return ADDRESS_MMIO;
    fetchFromAccessPage(this.c, offset);
    return ADDRESS_FAULT;
  }

  /** Translates the address of a shadow-stack access without remembering anything. False when a fault is pending or an exit was made. */
  translateShadow(low: number, high: number, access: Access, user: boolean): boolean {
    const state = this.c.walkState;
    state.shadow = true;
    const found = walkLinear(this.c, low, high, access, user, this.walk);
    state.shadow = false;
    return found && this.throughSecondStage(low, high, access);
  }

  /** Leads the result of the walk to `physical`. False after an exit. */
  private throughSecondStage(low: number, high: number, access: Access): boolean {
    const address = this.walk.page + (low & 0xfff);
    const stage = this.c.secondStage;
    this.physical = address;
    this.permissions = STAGE2_READ | STAGE2_WRITE | STAGE2_EXECUTE;
    if (stage === null) return true;
    const linear = this.linear;
    linear.valid = true;
    linear.low = low;
    linear.high = high;
    const host = stage.translate(address, access, false, linear);
    if (host === STAGE2_EXIT) return this.secondStageExit();
    this.physical = host;
    this.permissions = stage.permissions;
    return true;
  }

  private secondStageExit(): false {
    if (this.c.fault === 0) this.c.noteExit();
    return false;
  }

  private fill(low: number, high: number, user: boolean, offset: number, permissions: number): void {
    const s = this.s;
    const walk = this.walk;
    const entry = tlbPart(this.c, user) + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    this.noteFilled(entry);
    const tag = low & ~0xfff;
    const writable =
      walk.writable && walk.dirty && (permissions & STAGE2_WRITE) !== 0 && !this.c.memory.holdsCode(offset);
    s[entry + ACCESS_READ] = walk.readable && (permissions & STAGE2_READ) !== 0 ? tag : INVALID;
    s[entry + ACCESS_WRITE] = writable ? tag : INVALID;
    s[entry + ACCESS_FETCH] = walk.executable && (permissions & STAGE2_EXECUTE) !== 0 ? tag : INVALID;
    s[entry + TAG_HIGH] = high;
    s[entry + FRAME_OFFSET] = offset;
    s[entry + ENTRY_FLAGS] = walk.global ? FLAG_GLOBAL : 0;
    s[entry + LINEAR_PAGE] = tag;
    s[entry + SIZE_MASK] = walk.sizeMask;
  }

  /** Forgets every translation of every context. */
  flushAll(): void {
    for (let context = 0; context < S.TLB_CONTEXTS; context++) this.flushContext(S.TLB + context * S.TLB_CONTEXT_WORDS);
    this.s.fill(INVALID, S.TLB_NEVER, S.TLB_NEVER + S.TLB_PART_WORDS);
  }

  /** Forgets every translation of the context at word offset `context`. */
  flushContext(context: number): void {
    const index = (context - S.TLB) / S.TLB_CONTEXT_WORDS;
    const count = this.filled[index]!;
    if (count <= TLB_JOURNAL) {
      const first = index * TLB_JOURNAL;
      for (let at = first; at < first + count; at++) this.invalidate(this.journal[at]!);
    } else this.s.fill(INVALID, context, context + S.TLB_CONTEXT_WORDS);
    this.filled[index] = 0;
    this.c.translationChanged();
  }

  private noteFilled(entry: number): void {
    if (this.isFilled(entry)) return;
    const index = Math.floor((entry - S.TLB) / S.TLB_CONTEXT_WORDS);
    const count = this.filled[index]!;
    if (count < TLB_JOURNAL) this.journal[index * TLB_JOURNAL + count] = entry;
    if (count <= TLB_JOURNAL) this.filled[index] = count + 1;
  }

  private isFilled(entry: number): boolean {
    const s = this.s;
    return s[entry] !== INVALID || s[entry + 1] !== INVALID || s[entry + 2] !== INVALID;
  }

  /** All words, as `flushAll` leaves them: how it was done cannot be seen in the state. */
  private invalidate(entry: number): void {
    const { s } = this;
    for (let word = entry; word < entry + S.TLB_ENTRY_WORDS; word++) s[word] = INVALID;
  }

  /** The TLB words are another machine's now: what was filled is not known. */
  forgetJournal(): void {
    this.filled.fill(TLB_JOURNAL + 1);
    this.remembered.forget();
  }

  /** The TLB as it is. */
  save(): SavedTlb {
    return saveTlb(this.s, { filled: this.filled, entries: this.journal });
  }

  /** Makes the TLB what it was; where code was decoded since, writes have to be looked at. */
  restore(saved: SavedTlb): void {
    for (let context = 0; context < S.TLB_CONTEXTS; context++) this.flushContext(S.TLB + context * S.TLB_CONTEXT_WORDS);
    restoreTlb(this.s, { filled: this.filled, entries: this.journal }, saved);
    this.remembered.forget();
    this.dropWriteTagsOfCode();
  }

  /** What MOV to CR3 forgets: all but global translations of the running context. */
  flushNonGlobal(): void {
    const s = this.s;
    this.keepOnly((entry) => s[entry + ENTRY_FLAGS] === FLAG_GLOBAL);
  }

  /** INVLPG: the page of this linear address, whatever its size. Pieces of large pages are remembered one by one. */
  flushPage(low: number, high: number): void {
    const s = this.s;
    this.keepOnly(
      (entry) => s[entry + TAG_HIGH] !== high || ((s[entry + LINEAR_PAGE]! ^ low) & s[entry + SIZE_MASK]!) !== 0,
    );
  }

  /** Invalidates what `keeps` refuses in the running context, and writes the journal anew if the rest fits. */
  private keepOnly(keeps: (entry: number) => boolean): void {
    const context = this.s[S.TLB_CONTEXT]!;
    const index = (context - S.TLB) / S.TLB_CONTEXT_WORDS;
    const first = index * TLB_JOURNAL;
    const known = this.filled[index]! <= TLB_JOURNAL;
    const count = known ? this.filled[index]! : S.TLB_CONTEXT_WORDS / S.TLB_ENTRY_WORDS;
    let kept = 0;
    for (let n = 0; n < count; n++) {
      const entry = known ? this.journal[first + n]! : context + n * S.TLB_ENTRY_WORDS;
      if (!this.isFilled(entry)) continue;
      if (!keeps(entry)) this.invalidate(entry);
      else if (kept++ < TLB_JOURNAL) this.journal[first + kept - 1] = entry;
    }
    this.filled[index] = Math.min(kept, TLB_JOURNAL + 1);
    this.c.translationChanged();
  }

  /** Of what has just been restored. */
  private dropWriteTagsOfCode(): void {
    const { s } = this;
    const { memory } = this.c;
    for (let index = 0; index < S.TLB_CONTEXTS; index++) {
      const known = this.filled[index]! <= TLB_JOURNAL;
      const count = known ? this.filled[index]! : S.TLB_CONTEXT_WORDS / S.TLB_ENTRY_WORDS;
      for (let n = 0; n < count; n++) {
        const entry = known
          ? this.journal[index * TLB_JOURNAL + n]!
          : S.TLB + index * S.TLB_CONTEXT_WORDS + n * S.TLB_ENTRY_WORDS;
        if (s[entry + ACCESS_WRITE] !== INVALID && memory.holdsCode(s[entry + FRAME_OFFSET]!))
          s[entry + ACCESS_WRITE] = INVALID;
      }
    }
  }

  private dropWriteTags(offset: number): void {
    const s = this.s;
    const end = S.TLB + S.TLB_CONTEXTS * S.TLB_CONTEXT_WORDS;
    for (let entry = S.TLB; entry < end; entry += S.TLB_ENTRY_WORDS) {
      if (s[entry + FRAME_OFFSET] === offset) s[entry + ACCESS_WRITE] = INVALID;
    }
  }
}
