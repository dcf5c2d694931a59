import type { PhysicalMemory } from "@hvdiff/cpu";
import { findSubPages, type SubPages, type VmcsView } from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { releaseTables, tableEntryFor } from "./ept-tables.ts";
import { PAGE } from "./host-layout.ts";
import { type PagePoolState, takePage } from "./page-pool.ts";
import type { ShadowRoot } from "./shadow-ept.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * Sub-page write permissions for L2 are silicon's to look at, in a table of L0's that is filled from L1's page by page, like the shadow of L1's EPT
 * (SDM 3C "Sub-Page Write Permissions").
 */

const FRAME = 0xf_ffff_ffff_f000n;
const VALID = 1n;

/** Whether L1 gives L2 write permissions for parts of pages. */
export function usesSubPages(v12: VmcsView): boolean {
  return (activeSecondary(v12) & C.PROC2_SUB_PAGES) !== 0;
}

function tableOf(v12: VmcsView): number {
  return Number(v12.read("subPagePermissionTablePointer") & FRAME);
}

/** The table that vmcs02 names beside a shadow; 0 where L1 does not use the control. */
export function subPageTableFor(vcpu: VmxVcpu, v12: VmcsView, shadow: ShadowRoot | null): number {
  if (shadow === null || !usesSubPages(v12)) return 0;
  const { memory } = vcpu.l0.machine;
  shadow.subPages ??= { table12: tableOf(v12), table: takePage(vcpu.l0.state.pool, memory) };
  return shadow.subPages.table;
}

/** Whether the shadow of an EPTP12 has been filled from another table of sub-page permissions than L1 names now. */
export function hasOtherSubPages(v12: VmcsView, shadow: ShadowRoot | undefined): boolean {
  const known = shadow?.subPages ?? null;
  return known !== null && (!usesSubPages(v12) || known.table12 !== tableOf(v12));
}

/** What L1's table says about a page of L2. */
export function subPagesOfL1(vcpu: VmxVcpu, v12: VmcsView, address: number): SubPages {
  const { reservedAddressHigh } = vcpu.l0.capabilities;
  return findSubPages(vcpu.guestCpu, tableOf(v12), reservedAddressHigh, Math.floor(address / PAGE));
}

/** Takes what L1's table says about a page over into L0's. */
export function fillSubPages(
  memory: PhysicalMemory,
  pool: PagePoolState,
  table: number,
  address: number,
  { low, high }: SubPages,
): void {
  const entry = tableEntryFor(memory, pool, table, address, VALID);
  memory.write32(entry, low);
  memory.write32(entry + 4, high);
}

export function releaseSubPages(memory: PhysicalMemory, pool: PagePoolState, { subPages }: ShadowRoot): void {
  if (subPages !== null) releaseTables(memory, pool, subPages.table);
}
