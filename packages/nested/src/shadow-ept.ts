import type { PhysicalMemory } from "@hvdiff/cpu";
import { mapLeaf, pageEntry, permissionBits, releaseTables } from "./ept-tables.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import { type PagePoolState, takePage } from "./page-pool.ts";
import { releaseSubPages } from "./sub-pages.ts";

/** One shadow EPT (EPT02): L2-physical to host-physical, composed from L1's EPT12 and L0's own offset. */
export interface ShadowRoot {
  /** EPTP12 as L1 wrote it. */
  readonly eptp12: bigint;
  readonly root: number;
  /** L0's table of sub-page permissions beside it, and L1's that it is filled from; null where none has been needed. */
  subPages: { readonly table12: number; readonly table: number } | null;
}

const MAX_ROOTS = 16;
/** Bit 61 of an entry: parts of the page may be written. */
const HAS_SUB_PAGES = 1n << 61n;

/** The shadow for EPTP12, if there is one. */
export function knownShadow(roots: readonly ShadowRoot[], eptp12: bigint): ShadowRoot | undefined {
  return roots.find((shadow) => shadow.eptp12 === eptp12);
}

function release(memory: PhysicalMemory, pool: PagePoolState, shadow: ShadowRoot): void {
  releaseTables(memory, pool, shadow.root);
  releaseSubPages(memory, pool, shadow);
}

/** The shadow for EPTP12, making an empty one on first use; the oldest goes when there are too many. */
export function shadowFor(
  memory: PhysicalMemory,
  pool: PagePoolState,
  roots: ShadowRoot[],
  eptp12: bigint,
): ShadowRoot {
  const known = knownShadow(roots, eptp12);
  if (known !== undefined) return known;
  if (roots.length === MAX_ROOTS) release(memory, pool, roots.shift()!);
  const made: ShadowRoot = { eptp12, root: takePage(pool, memory), subPages: null };
  roots.push(made);
  return made;
}

/** Drops the shadows of one EPTP12 (by its table address), or all: what L1's INVEPT asks for. */
export function dropShadows(
  memory: PhysicalMemory,
  pool: PagePoolState,
  roots: ShadowRoot[],
  eptp12: bigint | null,
): void {
  const keep: ShadowRoot[] = [];
  for (const shadow of roots) {
    if (eptp12 !== null && (shadow.eptp12 ^ eptp12) >> 12n !== 0n) keep.push(shadow);
    else release(memory, pool, shadow);
  }
  roots.splice(0, roots.length, ...keep);
}

/** Composes the page of an L2-physical address into the shadow. */
export function fillShadow(
  memory: PhysicalMemory,
  pool: PagePoolState,
  shadow: ShadowRoot,
  l2Address: number,
  target: { l1Address: number; permissions: number; ram: number; hasSubPages?: boolean },
): void {
  const page = target.l1Address - (target.l1Address % PAGE);
  const entry = pageEntry(hostAddress(page, target.ram), permissionBits(target.permissions));
  const flags = target.hasSubPages === true ? HAS_SUB_PAGES : 0n;
  mapLeaf(memory, pool, shadow.root, l2Address - (l2Address % PAGE), entry | flags);
}
