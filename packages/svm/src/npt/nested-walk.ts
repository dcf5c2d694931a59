import { STAGE2_EXECUTE, STAGE2_READ, STAGE2_WRITE } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import type { SvmCapabilities } from "../capabilities.ts";
import * as C from "../control-bits.ts";

/** Low bits of EXITINFO1 of a nested page fault, those of a page fault's error code. */
export const NPF_PRESENT = 1;
export const NPF_WRITE = 2;
export const NPF_USER = 4;
export const NPF_RESERVED = 8;
export const NPF_FETCH = 16;

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const ACCESSED = 1 << 5;
const DIRTY = 1 << 6;
const LARGE = 1 << 7;
const BIT_8 = 1 << 8;
const NX = 1 << 31;
const PDPTE_RESERVED = 0x1e6;
const FRAME_HIGH = 0xfffff;

/** Memory that nested page tables lie in, by the addresses that they hold. Words are signed; all ones where there is none. */
export interface TableMemory {
  read32(address: number): number;
  write32(address: number, value: number): void;
}

/** How the host's paging mode makes nested paging read its tables: those of the host at VMRUN (APM 2 "Nested Paging"). */
export interface NestedMode {
  /** 5 and 4 in long mode, 3 with PAE, 2 without. */
  levels: number;
  noExecute: boolean;
  /** Guest-mode execute trap: U=1 is for user code only, and means nothing for data. */
  executeTrap: boolean;
  gigabytePages: boolean;
  reservedAddressHigh: number;
}

/** Takes the mode over from the host's registers. `control` is the VMCB's nested control word. */
export function setNestedMode(
  mode: NestedMode,
  capabilities: SvmCapabilities,
  host: { cr4: number; efer: number; control: number; gigabytePages: boolean },
): void {
  const isLong = (host.efer & C.EFER_LMA) !== 0;
  const hasPae = (host.cr4 & C.CR4_PAE) !== 0;
  mode.levels = isLong ? ((host.cr4 & C.CR4_LA57) !== 0 ? 5 : 4) : hasPae ? 3 : 2;
  mode.noExecute = (host.efer & C.EFER_NXE) !== 0;
  mode.executeTrap = capabilities.guestModeExecuteTrap && (host.control & C.GMET_ENABLE) !== 0;
  mode.gigabytePages = host.gigabytePages;
  mode.reservedAddressHigh = capabilities.reservedAddressHigh;
}

/** Physical address of the highest table that nested CR3 names. */
export function nestedRoot({ levels }: NestedMode, low: number, high: number): number {
  return joinAddress(low & ~(levels === 3 ? 0x1f : 0xfff), high);
}

/** An access to a guest-physical address. */
export interface NestedAccess {
  write: boolean;
  fetch: boolean;
  /** A fetch of supervisor code. */
  supervisor: boolean;
}

function indexAt(page: number, level: number): number {
  const bits = 9 * (level - 1);
  return (bits > 20 ? Math.floor(page / 2 ** bits) : page >>> bits) & 511;
}

/** Walks nested page tables in physical memory (APM 2 "Nested Table Walk"). One object per processor. */
export class NestedWalk {
  readonly mode: NestedMode = {
    levels: 4,
    noExecute: false,
    executeTrap: false,
    gigabytePages: false,
    reservedAddressHigh: 0,
  };
  /** Host page that the walk found. */
  hostPage = 0;
  /** `STAGE2_*` rights of an access like the one that was made. */
  rights = 0;
  /** Error code when the walk failed. */
  error = 0;
  /** U and the absence of NX in all entries of the walk. */
  user = true;
  executable = true;
  private readonly memory: TableMemory;
  private low = 0;
  private high = 0;
  private writable = true;

  constructor(memory: TableMemory) {
    this.memory = memory;
  }

  /**
   * @param root physical address of the highest table
   * @param page guest-physical page
   * @returns whether the access is allowed
   */
  walk(root: number, page: number, access: NestedAccess): boolean {
    this.writable = this.user = this.executable = true;
    return this.mode.levels === 2 ? this.walkShort(root, page, access) : this.walkLong(root, page, access);
  }

  private walkLong(root: number, page: number, access: NestedAccess): boolean {
    let table = root;
    for (let level = this.mode.levels; level >= 1; level--) {
      const at = table + indexAt(page, level) * 8;
      this.low = this.memory.read32(at);
      this.high = this.memory.read32(at + 4);
      if ((this.low & PRESENT) === 0) return this.fail(access, 0);
      if (this.isReserved(level)) return this.fail(access, NPF_PRESENT | NPF_RESERVED);
      const isPdpte = this.mode.levels === 3 && level === 3;
      if (!isPdpte) this.combine();
      if (level === 1 || (!isPdpte && (this.low & LARGE) !== 0)) return this.finish(at, page, 9 * (level - 1), access);
      if (!isPdpte) this.setFlags(at, ACCESSED);
      table = joinAddress(this.low & ~0xfff, this.high & FRAME_HIGH);
    }
    return false;
  }

  /** Tables of a host without PAE: 32-bit entries, pages of 4 KiB and 4 MiB. */
  private walkShort(root: number, page: number, access: NestedAccess): boolean {
    let table = root % 4294967296;
    for (let level = 2; level >= 1; level--) {
      const at = table + ((page >>> (10 * (level - 1))) & 1023) * 4;
      this.low = this.memory.read32(at);
      this.high = 0;
      if ((this.low & PRESENT) === 0) return this.fail(access, 0);
      this.combine();
      if (level === 1 || (this.low & LARGE) !== 0) return this.finish(at, page, 10 * (level - 1), access);
      this.setFlags(at, ACCESSED);
      table = (this.low & ~0xfff) >>> 0;
    }
    return false;
  }

  /**
   * Where a guest-physical address leads, for onlookers: no flag is set and no right is asked for. -1 where it leads nowhere.
   * @param read reads a word of memory without a trace
   */
  peek(root: number, gpa: number, read: (address: number) => number): number {
    const page = Math.floor(gpa / 4096);
    const bits = this.mode.levels === 2 ? 10 : 9;
    let table = root;
    for (let level = this.mode.levels; level >= 1; level--) {
      const index = bits === 10 ? (page >>> (10 * (level - 1))) & 1023 : indexAt(page, level);
      const at = table + index * (bits === 10 ? 4 : 8);
      const low = read(at);
      const high = bits === 10 ? 0 : read(at + 4) & FRAME_HIGH;
      if ((low & PRESENT) === 0) return -1;
      if (level === 1 || (level < 4 && (low & LARGE) !== 0)) {
        const size = 4096 * 2 ** (bits * (level - 1));
        const base = joinAddress(low & ~0xfff, high);
        return base - (base % size) + (gpa % size);
      }
      table = joinAddress(low & ~0xfff, high);
    }
    return -1;
  }

  private combine(): void {
    this.writable = this.writable && (this.low & WRITE) !== 0;
    this.user = this.user && (this.low & USER) !== 0;
    this.executable = this.executable && (this.high & NX) === 0;
  }

  private isReserved(level: number): boolean {
    const { levels, noExecute, gigabytePages, reservedAddressHigh } = this.mode;
    if (levels === 3 && level === 3)
      return (this.low & PDPTE_RESERVED) !== 0 || (this.high & reservedAddressHigh) !== 0;
    if ((this.high & FRAME_HIGH & reservedAddressHigh) !== 0) return true;
    if (!noExecute && (this.high & NX) !== 0) return true;
    if (level === 1) return false;
    if ((this.low & LARGE) === 0) return level > 2 && (this.low & BIT_8) !== 0;
    if (level > 3 || (level === 3 && !gigabytePages)) return true;
    return (this.low & (level === 2 ? 0x1fe000 : 0x3fffe000)) !== 0;
  }

  /** Every access is a user access, but under the execute trap U matters for fetches alone. */
  private isAllowed(access: NestedAccess): boolean {
    if (access.write && !this.writable) return false;
    if (!this.mode.executeTrap) return this.user && (!access.fetch || this.executable);
    return !access.fetch || (this.executable && this.user !== access.supervisor);
  }

  private finish(at: number, page: number, shift: number, access: NestedAccess): boolean {
    if (!this.isAllowed(access)) return this.fail(access, NPF_PRESENT);
    this.setFlags(at, access.write ? ACCESSED | DIRTY : ACCESSED);
    const pages = 2 ** shift;
    const large = this.mode.levels === 2 && shift > 0;
    const base = large ? this.low & ~0x3fffff : this.low & ~0xfff;
    const high = large ? (this.low >>> 13) & 0xff : this.high & FRAME_HIGH;
    const first = joinAddress(base, high) / 4096;
    this.hostPage = first - (first % pages) + (page % pages);
    this.rights = STAGE2_READ;
    // Until the entry is dirty a write has to walk again, to set the flag.
    if (this.writable && (this.low & DIRTY) !== 0) this.rights |= STAGE2_WRITE;
    const mayFetch = !this.mode.executeTrap || this.user !== access.supervisor;
    if (this.executable && mayFetch) this.rights |= STAGE2_EXECUTE;
    return true;
  }

  private setFlags(at: number, flags: number): void {
    if ((this.low & flags) === flags) return;
    this.low |= flags;
    this.memory.write32(at, this.low);
  }

  private fail(access: NestedAccess, error: number): false {
    this.error = error | NPF_USER | (access.write ? NPF_WRITE : 0) | (access.fetch ? NPF_FETCH : 0);
    return false;
  }
}
