import type { Block } from "../block.ts";
import { STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { moduleOf } from "./compiled-modules.ts";
import { partOf } from "./instruction-part.ts";
import { compileRegion } from "./region-compiler.ts";
import { type BlockFinder, planRegion } from "./region-plan.ts";
import type { RegionSite } from "./region-sites.ts";

/** Most instructions that one call of a region may retire. */
const MAX_LEFT = 0x3fffffff;
/** Computed targets that are remembered of a block. */
const MOST_TARGETS = 8;
/** Exits for computed addresses after which a region is compiled anew, if it may be. */
const MANY_EXITS = 500;
const MOST_RECOMPILED = 4;
const SITE_FACTOR = 65536;
const CS_WORD = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE;
const DATA_WRITABLE = 0x92;
const ACCESS_MASK = 0x1009e;

type RegionFunction = (entry: number, left: number, state: number, tlb: number, fetchTlb: number) => number;

/** Blocks compiled to one WebAssembly function. */
export interface Region {
  readonly blocks: readonly Block[];
  readonly sites: readonly RegionSite[];
  readonly usedSegments: number;
  readonly codeBase: number;
  readonly codeLimit: number;
  readonly run: RegionFunction;
  /** Times it was left for a computed address, and how many of these addresses were new. */
  computedExits: number;
  newTargets: number;
}

/** Where a block is in a region. */
export interface RegionEntry {
  readonly region: Region;
  readonly entry: number;
}

/** How a region was left. */
export interface RegionExit {
  site: RegionSite;
  region: Region;
  /** Retired instructions at the start of the block in which, or behind which, it was left. */
  retired: number;
  /** Translation epoch in which it was entered. */
  epoch: number;
  /** Status of the executor that a site of kind `operated` has run. */
  status: number;
}

/** Segments with base 0 that reach everywhere and are plain writable data, as a bit mask. */
function flatSegments(s: Int32Array): number {
  let mask = 0;
  for (let segment = S.ES; segment <= S.DS; segment++) {
    const at = S.SEGMENTS + segment * S.SEGMENT_STRIDE;
    const flat = s[at + S.SEGMENT_BASE] === 0 && s[at + S.SEGMENT_LIMIT] === -1;
    if (flat && (s[at + S.SEGMENT_ACCESS]! & ACCESS_MASK) === DATA_WRITABLE) mask |= 1 << segment;
  }
  return mask;
}

/** Compiles the hot blocks of one processor to WebAssembly and runs them. */
export class RegionRuntime {
  private readonly c: Processor;
  private readonly find: BlockFinder;
  private readonly imports: WebAssembly.Imports;
  private readonly exit: RegionExit;
  private running: Region | null = null;
  private retiredAtEntry = 0;
  private leftAtEntry = 0;

  /** @param find the engine's look-up of blocks that a region may take up */
  constructor(c: Processor, find: BlockFinder) {
    this.c = c;
    this.find = find;
    this.exit = { retired: 0, epoch: 0, status: STATUS_NEXT } as RegionExit;
    this.imports = {
      e: {
        memory: c.memory.wasm,
        miss: (low: number, high: number, kind: number) => this.miss(low, high, kind),
        operate: (site: number, left: number) => this.operate(site, left),
      },
    };
  }

  /** Compiles a region from a hot block on, unless it would be left at once or is 16-bit code. */
  compile(head: Block, codeBits: 16 | 32 | 64): void {
    if (codeBits === 16 || partOf(head.ops[0]!) === "outside") return;
    const { c } = this;
    const codeBase = codeBits === 64 ? 0 : c.s[CS_WORD + S.SEGMENT_BASE]!;
    const codeLimit = c.s[CS_WORD + S.SEGMENT_LIMIT]!;
    const plan = planRegion(head, this.find, codeBits, codeBase);
    const compiled = compileRegion(plan, {
      codeBits,
      codeLimit,
      flatSegments: codeBits === 64 ? 0 : flatSegments(c.s),
    });
    const instance = new WebAssembly.Instance(moduleOf(compiled.bytes), this.imports);
    const { blocks } = plan;
    const { sites, usedSegments } = compiled;
    const run = (instance.exports as { readonly run: RegionFunction }).run;
    const region: Region = { blocks, sites, usedSegments, codeBase, codeLimit, run, computedExits: 0, newTargets: 0 };
    compiled.entries.forEach((block, entry) => {
      const at = blocks[block]!;
      if (block === 0 || at.region === null) at.region = { region, entry };
    });
  }

  /** Whether what the region's code takes for granted holds. */
  private holds(region: Region, is64: boolean): boolean {
    const { codeVersion } = this.c.memory;
    for (const block of region.blocks) if (codeVersion[block.frame] !== block.version) return false;
    if (is64) return true;
    const { s } = this.c;
    if (s[CS_WORD + S.SEGMENT_BASE] !== region.codeBase || s[CS_WORD + S.SEGMENT_LIMIT] !== region.codeLimit)
      return false;
    return (region.usedSegments & ~flatSegments(s)) === 0;
  }

  /** Runs the region of a block. Null, with nothing done, where it cannot be entered. */
  enter(block: Block, limit: number, is64: boolean): RegionExit | null {
    const { c, exit } = this;
    const { region, entry } = block.region!;
    const left = Math.min(limit - c.retired, MAX_LEFT);
    if (left < block.ops.length) return null;
    if (!this.holds(region, is64)) {
      this.drop(region);
      return null;
    }
    this.running = region;
    this.retiredAtEntry = c.retired;
    this.leftAtEntry = left;
    exit.epoch = c.translationEpoch;
    const state = c.s.byteOffset;
    const packed = region.run(entry, left, state, state + c.tlb * 4, state + c.fetchTlb * 4);
    const rest = Math.floor(packed / SITE_FACTOR);
    exit.site = region.sites[packed - rest * SITE_FACTOR]!;
    exit.region = region;
    exit.retired = this.retiredAtEntry + left - rest;
    if (exit.site.kind === "computed") this.noteTarget(region, region.blocks[exit.site.block]!);
    return exit;
  }

  /** Remembers where a computed jump led to. A region that is often left so is compiled anew with what is known by then. */
  private noteTarget(region: Region, { computedTargets }: Block): void {
    const low = this.c.s[S.RIP]!;
    const high = this.c.s[S.RIP + 1]!;
    let known = computedTargets.length >= 2 * MOST_TARGETS;
    for (let at = 0; at < computedTargets.length; at += 2)
      known ||= computedTargets[at] === low && computedTargets[at + 1] === high;
    if (!known) {
      computedTargets.push(low, high);
      region.newTargets++;
    }
    if (++region.computedExits < MANY_EXITS || region.newTargets === 0) return;
    const head = region.blocks[0]!;
    if (head.recompiled++ < MOST_RECOMPILED) this.drop(region);
    region.newTargets = 0;
  }

  /** Nobody enters the region any more. */
  private drop(region: Region): void {
    for (const block of region.blocks) {
      if (block.region?.region !== region) continue;
      block.region = null;
      block.heat = 0;
    }
  }

  // --- What regions import. ---

  /**
   * Buffer address for an access that the TLB does not prove; negative where an executor must decide: faults, devices, two pages, a store to decoded code.
   * Nothing that it does can be told from the executor's doing it again.
   */
  private miss(low: number, high: number, kind: number): number {
    const { c } = this;
    const size = kind & 15;
    const access = kind >= 16 ? ACCESS_WRITE : ACCESS_READ;
    // A second stage may exit in the middle of the walk.
    if ((low & 0xfff) + size > 4096 || c.secondStage !== null || !c.isCanonical(high)) return -1;
    const at = this.translate(low, high, access);
    c.fault = FAULT_NONE;
    if (at < 0) return -1;
    return access === ACCESS_WRITE && c.memory.hitsCode(at, size) ? -1 : at;
  }

  private translate(low: number, high: number, access: typeof ACCESS_READ | typeof ACCESS_WRITE): number {
    try {
      return this.c.mmu.translate(low, high, access, this.c.s[S.CPL] === 3);
    } catch {
      // The frame pool is full: the executor will find that too, at an exact place.
      return -1;
    }
  }

  /** Runs an instruction by its executor; not zero when the region must be left. */
  private operate(site: number, left: number): number {
    const { c } = this;
    const region = this.running!;
    const { block: number, position } = region.sites[site]!;
    const block = region.blocks[number]!;
    const op = block.ops[position]!;
    const epoch = c.translationEpoch;
    const outside = c.outsideAccesses;
    const retired = this.retiredAtEntry + this.leftAtEntry - left;
    c.retired = retired;
    c.blockBase = retired;
    c.blockOps = block.ops;
    c.s[S.RIP] = op.ripLow;
    c.s[S.RIP + 1] = op.ripHigh;
    const status = op.run(c, op);
    this.exit.status = status;
    return status === STATUS_NEXT && c.translationEpoch === epoch && c.outsideAccesses === outside ? 0 : 1;
  }
}
