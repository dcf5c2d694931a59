import type { PhysicalMemory } from "@hvdiff/cpu";
import { EPT_EXECUTE, EPT_READ, EPT_WRITE, mapPage, releaseTables } from "./ept-tables.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import { type PagePoolState, takePage } from "./page-pool.ts";

/** One shadow EPT (EPT02): L2-physical to host-physical, composed from L1's EPT12 and L0's own offset. */
export interface ShadowRoot {
  /** EPTP12 as L1 wrote it. */
  readonly eptp12: bigint;
  readonly root: number;
}

const MAX_ROOTS = 16;

/** What a walk of EPT12 found. */
export type Ept12Walk =
  | { readonly kind: "mapped"; readonly address: number; readonly permissions: number }
  | { readonly kind: "violation"; readonly permissions: number }
  | { readonly kind: "misconfiguration" };

/** What EPT12 may contain: L1's capabilities and physical-address width. */
export interface Ept12Rules {
  readonly width: number;
  readonly executeOnly: boolean;
  readonly pages2M: boolean;
  readonly pages1G: boolean;
}

/** The shadow for EPTP12, making an empty one on first use; the oldest goes when there are too many. */
export function shadowFor(memory: PhysicalMemory, pool: PagePoolState, roots: ShadowRoot[], eptp12: bigint): ShadowRoot {
  const known = roots.find((shadow) => shadow.eptp12 === eptp12);
  if (known !== undefined) return known;
  if (roots.length === MAX_ROOTS) releaseTables(memory, pool, roots.shift()!.root);
  const made = { eptp12, root: takePage(pool, memory) };
  roots.push(made);
  return made;
}

/** Drops the shadows of one EPTP12 (by its table address), or all: what L1's INVEPT asks for. */
export function dropShadows(memory: PhysicalMemory, pool: PagePoolState, roots: ShadowRoot[], eptp12: bigint | null): void {
  const keep: ShadowRoot[] = [];
  for (const shadow of roots) {
    if (eptp12 !== null && (shadow.eptp12 ^ eptp12) >> 12n !== 0n) keep.push(shadow);
    else releaseTables(memory, pool, shadow.root);
  }
  roots.splice(0, roots.length, ...keep);
}

/** Composes the page of an L2-physical address into the shadow. */
export function fillShadow(memory: PhysicalMemory, pool: PagePoolState, shadow: ShadowRoot, l2Address: number, target: { l1Address: number; permissions: number; ram: number }): void {
  const page = target.l1Address - (target.l1Address % PAGE);
  mapPage(memory, pool, shadow.root, l2Address - (l2Address % PAGE), hostAddress(page, target.ram), target.permissions);
}

/**
 * Walks L1's EPT12 for an L2-physical address (SDM 3C "The Extended Page Table Mechanism"). Tables are read at their
 * L1-physical addresses through L0's offset.
 */
export function walkEpt12(memory: PhysicalMemory, ram: number, eptp12: bigint, l2Address: number, rules: Ept12Rules): Ept12Walk {
  let table = Number(eptp12 & 0xf_ffff_ffff_f000n);
  let permissions = EPT_READ | EPT_WRITE | EPT_EXECUTE;
  for (let level = 4; level >= 1; level--) {
    const index = Math.floor(l2Address / (PAGE * 512 ** (level - 1))) % 512;
    const entry = memory.read64(hostAddress(table + index * 8, ram));
    const bits = Number(entry & 7n);
    if (bits === 0) return { kind: "violation", permissions: 0 };
    const leaf = level === 1 || (entry & 0x80n) !== 0n;
    if (isMisconfigured(entry, level, leaf, rules)) return { kind: "misconfiguration" };
    permissions &= bits;
    if (leaf) return { kind: "mapped", address: leafAddress(entry, level, l2Address), permissions };
    table = Number(entry & 0xf_ffff_ffff_f000n);
  }
  return { kind: "misconfiguration" };
}

function leafAddress(entry: bigint, level: number, l2Address: number): number {
  const size = PAGE * 512 ** (level - 1);
  const frame = Number(entry & 0xf_ffff_ffff_f000n);
  return frame - (frame % size) + (l2Address % size);
}

function isMisconfigured(entry: bigint, level: number, leaf: boolean, rules: Ept12Rules): boolean {
  const bits = Number(entry & 7n);
  if (bits === EPT_WRITE || bits === (EPT_WRITE | EPT_EXECUTE)) return true;
  if (bits === EPT_EXECUTE && !rules.executeOnly) return true;
  if ((entry & 0xf_ffff_ffff_f000n) >> BigInt(rules.width) !== 0n) return true;
  if (!leaf) return level === 4 ? (entry & 0xf8n) !== 0n : (entry & 0x78n) !== 0n;
  if (level === 3 && !rules.pages1G) return true;
  if (level === 2 && !rules.pages2M) return true;
  if (level === 4) return true;
  const reserved = level === 3 ? 0x3ffff000n : level === 2 ? 0x1ff000n : 0n;
  if ((entry & reserved) !== 0n) return true;
  const type = Number((entry >> 3n) & 7n);
  return type === 2 || type === 3 || type === 7;
}
