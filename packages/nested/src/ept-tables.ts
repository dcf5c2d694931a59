import type { PhysicalMemory } from "@hvdiff/cpu";
import { EPT_USER_EXECUTE } from "@hvdiff/vmx";
import { PAGE } from "./host-layout.ts";
import { type PagePoolState, releasePage, takePage } from "./page-pool.ts";

/*
 * Second-stage tables of L0's own. Entries of EPT and of nested paging agree in what is done here: 7 in the low bits lets everything through
 * (read, write, execute; present, writable, user), bit 7 makes a large page, 0 is not there. Only leaves differ.
 */

export const EPT_READ = 1;
export const EPT_WRITE = 2;
export const EPT_EXECUTE = 4;
const EPT_ALL = 7;
/** With mode-based execute control bit 10 is the right to execute user-mode addresses; elsewhere it is ignored. */
const EPT_USER_EXECUTE_BIT = 1 << 10;
const EPT_TABLE = EPT_ALL | EPT_USER_EXECUTE_BIT;
const EPT_LARGE = 0x80;
const MEMORY_TYPE_WB = 6 << 3;
const TWO_MIB = 0x200000;

/**
 * EPTP value for a four-level table: write-back, walk length 4.
 * @param tracksDirty with accessed and dirty flags: silicon's accesses to guest paging structures then count as writes
 */
export function eptPointerFor(root: number, tracksDirty = false): number {
  return root + 6 + (3 << 3) + (tracksDirty ? 1 << 6 : 0);
}

/** The permission bits of an entry for the rights that a walk found. */
export function permissionBits(rights: number): number {
  return (rights & EPT_ALL) | ((rights & EPT_USER_EXECUTE) !== 0 ? EPT_USER_EXECUTE_BIT : 0);
}

function indexAt(address: number, level: number): number {
  return Math.floor(address / (PAGE * 512 ** (level - 1))) % 512;
}

/** Address of the last entry for `address` in tables of four levels whose entries have `flags` beside an address, creating tables on the way down. */
export function tableEntryFor(
  memory: PhysicalMemory,
  pool: PagePoolState,
  root: number,
  address: number,
  flags: bigint,
): number {
  let table = root;
  for (let level = 4; level > 1; level--) {
    const entry = table + indexAt(address, level) * 8;
    if (memory.read64(entry) === 0n) memory.write64(entry, BigInt(takePage(pool, memory)) | flags);
    table = Number(memory.read64(entry) & 0xf_ffff_ffff_f000n);
  }
  return table + indexAt(address, 1) * 8;
}

/** Address of the entry for `address` at `level`, creating tables on the way down. */
function entryFor(memory: PhysicalMemory, pool: PagePoolState, root: number, address: number, level: number): number {
  let table = root;
  for (let at = 4; at > level; at--) {
    const entry = table + indexAt(address, at) * 8;
    let value = memory.read64(entry);
    if ((value & 7n) === 0n) {
      value = BigInt(takePage(pool, memory)) | BigInt(EPT_TABLE);
      memory.write64(entry, value);
    } else if ((value & BigInt(EPT_LARGE)) !== 0n) {
      value = splitLarge(memory, pool, value);
      memory.write64(entry, value);
    }
    table = Number(value & 0xf_ffff_ffff_f000n);
  }
  return table + indexAt(address, level) * 8;
}

/** A table of 4 KiB pages in place of a 2 MiB page; the entry that leads to it. */
function splitLarge(memory: PhysicalMemory, pool: PagePoolState, large: bigint): bigint {
  const table = takePage(pool, memory);
  for (let at = 0; at < 512; at++) memory.write64(table + at * 8, (large & ~BigInt(EPT_LARGE)) + BigInt(at * PAGE));
  return BigInt(table) | BigInt(EPT_TABLE);
}

/** Takes one 4 KiB page away, so that each access comes to L0. */
export function unmapPage(memory: PhysicalMemory, pool: PagePoolState, root: number, from: number): void {
  memory.write64(entryFor(memory, pool, root, from, 1), 0n);
}

/** Maps one 4 KiB page. `permissions` is a mask of EPT_READ, EPT_WRITE, EPT_EXECUTE. */
export function mapPage(
  memory: PhysicalMemory,
  pool: PagePoolState,
  root: number,
  from: number,
  to: number,
  permissions: number,
): void {
  mapLeaf(memory, pool, root, from, pageEntry(to, permissions));
}

/** The entry of a 4 KiB page of ordinary memory. */
export function pageEntry(to: number, permissions: number): bigint {
  return BigInt(to) | BigInt(permissions | MEMORY_TYPE_WB);
}

/** Writes the entry of one 4 KiB page. */
export function mapLeaf(memory: PhysicalMemory, pool: PagePoolState, root: number, from: number, entry: bigint): void {
  memory.write64(entryFor(memory, pool, root, from, 1), entry);
}

/** Maps `[from, from + size)` with the largest pages that fit. `leaf`: the low bits of their entries. */
export function mapRange(
  memory: PhysicalMemory,
  pool: PagePoolState,
  root: number,
  { from, to, size, leaf = EPT_ALL | MEMORY_TYPE_WB }: { from: number; to: number; size: number; leaf?: number },
): void {
  let done = 0;
  while (done < size) {
    const large = (from + done) % TWO_MIB === 0 && (to + done) % TWO_MIB === 0 && size - done >= TWO_MIB;
    if (large) {
      memory.write64(entryFor(memory, pool, root, from + done, 2), BigInt(to + done) | BigInt(leaf | EPT_LARGE));
    } else mapLeaf(memory, pool, root, from + done, BigInt(to + done) | BigInt(leaf));
    done += large ? TWO_MIB : PAGE;
  }
}

/** Gives back every table below (and with) the root. */
export function releaseTables(memory: PhysicalMemory, pool: PagePoolState, root: number): void {
  releaseLevel(memory, pool, root, 4);
}

function releaseLevel(memory: PhysicalMemory, pool: PagePoolState, table: number, level: number): void {
  if (level > 1) {
    for (let index = 0; index < 512; index++) {
      const value = memory.read64(table + index * 8);
      if ((value & 7n) !== 0n && (value & BigInt(EPT_LARGE)) === 0n)
        releaseLevel(memory, pool, Number(value & 0xf_ffff_ffff_f000n), level - 1);
    }
  }
  releasePage(pool, memory, table);
}
