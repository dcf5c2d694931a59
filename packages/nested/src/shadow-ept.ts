import type { PhysicalMemory } from "@hvdiff/cpu";
import { mapPage, permissionBits, releaseTables } from "./ept-tables.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import { type PagePoolState, takePage } from "./page-pool.ts";

/** One shadow EPT (EPT02): L2-physical to host-physical, composed from L1's EPT12 and L0's own offset. */
export interface ShadowRoot {
  /** EPTP12 as L1 wrote it. */
  readonly eptp12: bigint;
  readonly root: number;
}

const MAX_ROOTS = 16;

/** The shadow for EPTP12, making an empty one on first use; the oldest goes when there are too many. */
export function shadowFor(
  memory: PhysicalMemory,
  pool: PagePoolState,
  roots: ShadowRoot[],
  eptp12: bigint,
): ShadowRoot {
  const known = roots.find((shadow) => shadow.eptp12 === eptp12);
  if (known !== undefined) return known;
  if (roots.length === MAX_ROOTS) releaseTables(memory, pool, roots.shift()!.root);
  const made = { eptp12, root: takePage(pool, memory) };
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
    else releaseTables(memory, pool, shadow.root);
  }
  roots.splice(0, roots.length, ...keep);
}

/** Composes the page of an L2-physical address into the shadow. */
export function fillShadow(
  memory: PhysicalMemory,
  pool: PagePoolState,
  shadow: ShadowRoot,
  l2Address: number,
  target: { l1Address: number; permissions: number; ram: number },
): void {
  const page = target.l1Address - (target.l1Address % PAGE);
  mapPage(
    memory,
    pool,
    shadow.root,
    l2Address - (l2Address % PAGE),
    hostAddress(page, target.ram),
    permissionBits(target.permissions),
  );
}
