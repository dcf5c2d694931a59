import { STAGE2_WRITE } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import type { VmxCapabilities } from "../capabilities.ts";

/** How a walk ended. */
export const WALK_MAPPED = 0;
export const WALK_VIOLATION = 1;
export const WALK_MISCONFIGURED = 2;
/** A flag would have to be set, but the page-modification log is full. */
export const WALK_LOG_FULL = 3;
export type WalkEnd = typeof WALK_MAPPED | typeof WALK_VIOLATION | typeof WALK_MISCONFIGURED | typeof WALK_LOG_FULL;

/** The right to fetch from user-mode linear addresses, beside `STAGE2_*`; only with mode-based execute control. */
export const EPT_USER_EXECUTE = 8;

const RIGHTS = 7;
const ALL_RIGHTS = 15;
const READ = 1;
const WRITE = 2;
const EXECUTE = 4;
const USER_EXECUTE_SHIFT = 7;
const LEAF = 1 << 7;
const ACCESSED = 1 << 8;
const DIRTY = 1 << 9;
const TABLE_RESERVED = 0x78;
const PML4_RESERVED = 0xf8;
const PAGES_PER_PML4_ENTRY = 2 ** 27;
const FRAME_HIGH = 0xfffff;
/** Bit 61 of a leaf. */
const SUB_PAGES_HIGH = 1 << 29;

function indexAt(page: number, level: number): number {
  if (level === 4) return Math.floor(page / PAGES_PER_PML4_ENTRY) & 511;
  return (page >>> (9 * (level - 1))) & 511;
}

/** Memory types that an EPT leaf may not name. */
function isReservedMemoryType(entryLow: number): boolean {
  const type = (entryLow >>> 3) & 7;
  return type === 2 || type === 3 || type === 7;
}

/** Where EPT paging structures are read and their flags written: physical memory, of a processor or of a guest. */
export interface EptMemory {
  read32(address: number): number;
  write32(address: number, value: number): void;
}

/** Where writes of the guest are noted when they set a dirty flag (SDM 3C "Page-Modification Logging"). */
export interface ModificationLog {
  readonly isFull: boolean;
  append(page: number): void;
}

/** Walks EPT paging structures in physical memory (SDM 3C "EPT Translation Mechanism"). One object per processor. */
export class EptWalk {
  hostPage = 0;
  /** Rights combined over the walk, as far as it came. */
  rights = 0;
  /** Whether the leaf's dirty flag is set after the walk. */
  dirty = false;
  /** Bit 10 of the entries is the right to execute at user-mode linear addresses, bit 2 at the others. */
  isModeBased = false;
  log: ModificationLog | null = null;
  private readonly memory: EptMemory;
  private readonly capabilities: VmxCapabilities;
  /** The rights of the tables above the entry that was read last. */
  private tableRights = 0;
  private at = 0;
  private isSubPaged = false;
  private low = 0;
  private high = 0;

  constructor(memory: EptMemory, capabilities: VmxCapabilities) {
    this.memory = memory;
    this.capabilities = capabilities;
  }

  /**
   * @param page guest-physical page number
   * @param needed rights of the access, a mask of `STAGE2_*` and `EPT_USER_EXECUTE`
   * @param tracksDirty whether the EPTP enables accessed and dirty flags
   */
  walk(root: number, page: number, needed: number, tracksDirty: boolean): WalkEnd {
    this.rights = this.isModeBased ? ALL_RIGHTS : RIGHTS;
    this.dirty = false;
    this.isSubPaged = false;
    let table = root;
    for (let level = 4; level >= 1; level--) {
      const at = table + indexAt(page, level) * 8;
      this.low = this.memory.read32(at);
      this.high = this.memory.read32(at + 4);
      const rights = this.rightsOfEntry();
      this.at = at;
      this.tableRights = this.rights;
      this.rights &= rights;
      if (rights === 0) {
        this.rights = 0;
        return WALK_VIOLATION;
      }
      if (this.isMisconfigured(level)) return WALK_MISCONFIGURED;
      if (level === 1 || (this.low & LEAF) !== 0) return this.finish(page, level, needed, tracksDirty);
      if (tracksDirty && !this.setFlags(at, ACCESSED)) return WALK_LOG_FULL;
      table = joinAddress(this.low & ~0xfff, this.high & FRAME_HIGH);
    }
    return WALK_VIOLATION;
  }

  private finish(page: number, level: number, needed: number, tracksDirty: boolean): WalkEnd {
    this.isSubPaged = level === 1 && (this.high & SUB_PAGES_HIGH) !== 0;
    if ((this.rights & needed) !== needed) return WALK_VIOLATION;
    if (tracksDirty && !this.setLeafFlags(page, (needed & STAGE2_WRITE) !== 0)) return WALK_LOG_FULL;
    this.dirty = (this.low & DIRTY) !== 0;
    const pages = level === 1 ? 1 : level === 2 ? 512 : 262144;
    const first = joinAddress(this.low & ~0xfff, this.high & FRAME_HIGH) / 4096;
    this.hostPage = first - (first % pages) + (page % pages);
    return WALK_MAPPED;
  }

  private setLeafFlags(page: number, isWrite: boolean): boolean {
    const becomesDirty = isWrite && (this.low & DIRTY) === 0;
    if (!this.setFlags(this.at, isWrite ? ACCESSED | DIRTY : ACCESSED)) return false;
    if (becomesDirty) this.log?.append(page);
    return true;
  }

  /** Whether the walk found all that a write needs but the leaf's own right, and the leaf leaves that to sub-pages. */
  get isEligibleForSubPages(): boolean {
    const { rights, tableRights } = this;
    return this.isSubPaged && (tableRights & STAGE2_WRITE) !== 0 && (rights & (READ | WRITE)) === READ;
  }

  /** Ends a walk that sub-page permissions have let through. */
  finishSubPageWrite(page: number, tracksDirty: boolean): WalkEnd {
    if (tracksDirty && !this.setLeafFlags(page, true)) return WALK_LOG_FULL;
    this.hostPage = joinAddress(this.low & ~0xfff, this.high & FRAME_HIGH) / 4096;
    return WALK_MAPPED;
  }

  /** False when the log has no room: then nothing is set. */
  private setFlags(at: number, flags: number): boolean {
    if ((this.low & flags) === flags) return true;
    if (this.log?.isFull === true) return false;
    this.low |= flags;
    this.memory.write32(at, this.low);
    return true;
  }

  private rightsOfEntry(): number {
    const rights = this.low & RIGHTS;
    return this.isModeBased ? rights | ((this.low >>> USER_EXECUTE_SHIFT) & EPT_USER_EXECUTE) : rights;
  }

  /** Whether a violation that the walk ended with may become a virtualization exception: bit 63 of the last entry suppresses that. */
  get isConvertible(): boolean {
    return this.high >= 0;
  }

  private isMisconfigured(level: number): boolean {
    const rights = this.rightsOfEntry();
    if ((rights & (READ | WRITE)) === WRITE) return true;
    const executes = (rights & (EXECUTE | EPT_USER_EXECUTE)) !== 0;
    if (executes && (rights & READ) === 0 && !this.capabilities.ept.executeOnly) return true;
    if ((this.high & FRAME_HIGH & this.capabilities.reservedAddressHigh) !== 0) return true;
    const isLeaf = level === 1 || (level < 4 && (this.low & LEAF) !== 0);
    return isLeaf ? this.isBadLeaf(level) : (this.low & (level === 4 ? PML4_RESERVED : TABLE_RESERVED)) !== 0;
  }

  private isBadLeaf(level: number): boolean {
    const { ept } = this.capabilities;
    if (level === 3 && (!ept.page1G || (this.low & 0x3ffff000) !== 0)) return true;
    if (level === 2 && (!ept.page2M || (this.low & 0x1ff000) !== 0)) return true;
    return isReservedMemoryType(this.low);
  }
}
