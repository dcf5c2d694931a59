import type { PhysicalMemory } from "@hvdiff/cpu";
import { L0_MEMORY_BASE, L0_MEMORY_SIZE, PAGE } from "./host-layout.ts";

/** L0's page allocator: flat state, zeroed pages, a free list kept in the free pages themselves. */
export interface PagePoolState {
  next: number;
  free: number;
}

export function createPagePool(): PagePoolState {
  return { next: L0_MEMORY_BASE, free: 0 };
}

const ZERO_PAGE = new Uint8Array(PAGE);

/** Takes a zeroed page. Returns its host-physical address. */
export function takePage(pool: PagePoolState, memory: PhysicalMemory): number {
  if (pool.free !== 0) {
    const page = pool.free;
    pool.free = Number(memory.read64(page));
    memory.writeBytes(page, ZERO_PAGE);
    return page;
  }
  if (pool.next >= L0_MEMORY_BASE + L0_MEMORY_SIZE) throw new Error("L0 is out of pages");
  const page = pool.next;
  pool.next += PAGE;
  return page;
}

export function releasePage(pool: PagePoolState, memory: PhysicalMemory, page: number): void {
  memory.write64(page, BigInt(pool.free));
  pool.free = page;
}
