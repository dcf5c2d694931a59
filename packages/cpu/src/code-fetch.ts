import type { Block } from "./block.ts";
import {
  type BlockStart,
  buildBlock,
  CODE_MODES,
  type CodeMode,
  isNearLimit,
  limitedBlock,
  MAX_LENGTH,
  unbackedBlock,
} from "./block-builder.ts";
import { fetchAddress } from "./fetch-address.ts";
import { ADDRESS_FAULT } from "./mmu.ts";
import type { Processor } from "./processor.ts";
import { NO_OPS } from "./register-state.ts";
import * as S from "./state-layout.ts";
import { ACCESS_FETCH } from "./virtualization.ts";

const CACHE_SIZE = 1 << 14;
const CS_ACCESS = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS;
const CS_BASE = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE;
const CS_LIMIT = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT;
const SS_ACCESS = S.SEGMENTS + S.SS * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS;
const EXCEPTION_GP = 13;

/** What every processor begins with: many a register file never keeps a block. */
const EMPTY_CACHE: (Block | null)[] = new Array<Block | null>(CACHE_SIZE).fill(null);

/** Where a block at a buffer offset is kept. */
function slotOf(at: number): number {
  return (at ^ (at >>> 14)) & (CACHE_SIZE - 1);
}

/** Finds or decodes the block at RIP. What it keeps is a cache. */
export class CodeFetch {
  private cache = EMPTY_CACHE;
  private modeEpoch = 0;
  private mode: CodeMode = CODE_MODES[0]!;
  /** The page that is fetched from, as buffer offset and linear address: looked up again when another is, or the epoch is. */
  private pageEpoch = 0;
  private pageOffset = 0;
  private pageLow = 0;
  private pageHigh = 0;
  private readonly c: Processor;

  constructor(processor: Processor) {
    this.c = processor;
  }

  /** Notes which page is fetched from: the buffer offset and linear address of a byte in it, and the translation epoch in which that was found. */
  enterPage(at: number, low: number, high: number, epoch: number): void {
    this.pageOffset = at & ~0xfff;
    this.pageLow = low & ~0xfff;
    this.pageHigh = high;
    this.pageEpoch = epoch;
  }

  /** The block at RIP; null when fetching it has left a fault. */
  nextBlock(): Block | null {
    const { c } = this;
    const { s } = c;
    const is64 = this.codeMode().bits === 64;
    const rip = s[S.RIP]!;
    const low = is64 ? rip : (rip + s[CS_BASE]!) | 0;
    // The page that is fetched from is not looked up again before code leaves it.
    if (this.pageEpoch === c.translationEpoch && ((low ^ this.pageLow) & ~0xfff) === 0) {
      const at = this.pageOffset + (low & 0xfff);
      const block = this.cache[slotOf(at)]!;
      const fits = block !== null && this.isAt(block, at, rip, this.pageHigh) && s[S.RIP + 1] === this.pageHigh;
      if (fits && (is64 || !isNearLimit(block, s[CS_LIMIT]!))) return block;
    }
    return this.findBlock();
  }

  private isAt(block: Block, at: number, ripLow: number, ripHigh: number): boolean {
    return (
      block.at === at &&
      block.ripLow === ripLow &&
      block.ripHigh === ripHigh &&
      block.mode === this.codeMode().number &&
      this.c.memory.codeVersion[block.frame] === block.version
    );
  }

  /** A decoded block of the running mode that has been run often, for the compiler: nothing is decoded or translated for it. */
  warmBlock(ripLow: number, ripHigh: number, warm: number): Block | null {
    const { c } = this;
    const { s } = c;
    const low = this.codeMode().bits === 64 ? ripLow : (ripLow + s[CS_BASE]!) | 0;
    const entry = c.fetchTlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + ACCESS_FETCH] !== (low & ~0xfff) || s[entry + 3] !== ripHigh) return null;
    const at = s[entry + 4]! + (low & 0xfff);
    const block = this.cache[slotOf(at)]!;
    return block !== null && block.heat >= warm && this.isAt(block, at, ripLow, ripHigh) ? block : null;
  }

  private findBlock(): Block | null {
    const c = this.c;
    const s = c.s;
    // What the fetch itself brings about happens behind the block that was run last.
    c.blockOps = NO_OPS;
    const mode = this.codeMode();
    const ripLow = s[S.RIP]!;
    const ripHigh = s[S.RIP + 1]!;
    let low = ripLow;
    if (mode.bits !== 64) {
      if (ripLow >>> 0 > s[CS_LIMIT]! >>> 0) {
        c.raise(EXCEPTION_GP, 0);
        return null;
      }
      low = (ripLow + s[CS_BASE]!) | 0;
    }
    const start = { linearLow: low, linearHigh: mode.bits === 64 ? ripHigh : 0, ripLow, ripHigh };
    const at = this.fetchOffset(start.linearLow, start.linearHigh);
    if (at === ADDRESS_FAULT) return null;
    if (at < 0) return unbackedBlock(start, mode);
    return mode.bits === 64 ? this.decodedBlock(at, start, mode) : this.blockWithinLimit(at, start, mode);
  }

  /** A block that ends before the limit of CS, or one instruction that is decoded with the limit in mind. */
  private blockWithinLimit(at: number, start: BlockStart, mode: CodeMode): Block | null {
    const limit = this.c.s[CS_LIMIT]!;
    const room = (limit >>> 0) - (start.ripLow >>> 0) + 1;
    if (room < MAX_LENGTH) return limitedBlock(this.c, at, start, mode, room);
    const block = this.decodedBlock(at, start, mode);
    return block !== null && isNearLimit(block, limit) ? limitedBlock(this.c, at, start, mode, room) : block;
  }

  private keep(slot: number, block: Block): void {
    if (this.cache === EMPTY_CACHE) this.cache = EMPTY_CACHE.slice();
    this.cache[slot] = block;
  }

  /** The cached block, or a new one. */
  private decodedBlock(at: number, start: BlockStart, mode: CodeMode): Block | null {
    const c = this.c;
    const slot = slotOf(at);
    const block = this.cache[slot]!;
    if (block !== null && this.isAt(block, at, start.ripLow, start.ripHigh)) return block;
    const built = buildBlock(c, at, start, mode);
    if (built !== null && built.at >= 0) this.keep(slot, built);
    return built;
  }

  /** Buffer offset of a linear address to fetch from; the page is kept. */
  private fetchOffset(low: number, high: number): number {
    const { c } = this;
    if (this.pageEpoch === c.translationEpoch && ((low ^ this.pageLow) & ~0xfff) === 0 && high === this.pageHigh)
      return this.pageOffset + (low & 0xfff);
    const at = fetchAddress(this.c, low, high);
    if (at < 0) return at;
    this.enterPage(at, low, high, c.translationEpoch);
    return at;
  }

  /** Width of code and stack, as decoding needs them. */
  codeMode(): CodeMode {
    const c = this.c;
    if (this.modeEpoch === c.translationEpoch) return this.mode;
    const stack32 = (c.s[SS_ACCESS]! & (1 << 14)) !== 0 ? 1 : 0;
    const bits = c.in64BitMode ? 2 : (c.s[CS_ACCESS]! & (1 << 14)) !== 0 ? 1 : 0;
    this.mode = CODE_MODES[bits * 2 + stack32]!;
    this.modeEpoch = c.translationEpoch;
    return this.mode;
  }
}
