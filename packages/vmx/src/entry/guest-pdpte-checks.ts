import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";

const PDPTE = {
  sdm: '3C "Checks on Guest Page-Directory-Pointer-Table Entries"',
  group: "guest",
  looksAt: "events",
  qualification: 2,
} as const;

const CR0_PG = 1 << 31;
const CR4_PAE = 1 << 5;
const PRESENT = 1;
const RESERVED_LOW = 0x1e6;

/** Whether the guest uses PAE paging, so that PDPTEs are loaded. */
export function usesPaePaging(cr0: number, cr4: number, isLongMode: boolean): boolean {
  return (cr0 & CR0_PG) !== 0 && (cr4 & CR4_PAE) !== 0 && !isLongMode;
}

/** Whether a PDPTE is present and sets a reserved bit. */
export function isPdpteInvalid(lo: number, hi: number, reservedAddressHigh: number): boolean {
  return (lo & PRESENT) !== 0 && ((lo & RESERVED_LOW) !== 0 || (hi & reservedAddressHigh) !== 0);
}

function isFieldInvalid(c: EntryCheckContext, field: number): boolean {
  return isPdpteInvalid(c.v.lo(field), c.v.hi(field), c.capabilities.reservedAddressHigh);
}

function isTableInvalid(c: EntryCheckContext): boolean {
  const table = joinAddress(c.v.lo(F.GUEST_CR3) & ~0x1f, c.v.hi(F.GUEST_CR3));
  for (let entry = table; entry < table + 32; entry += 8) {
    if (isPdpteInvalid(c.memory.read32(entry), c.memory.read32(entry + 4), c.capabilities.reservedAddressHigh))
      return true;
  }
  return false;
}

function violatesPdptes(c: EntryCheckContext): boolean {
  if (!usesPaePaging(c.cr0, c.cr4, c.isLongModeGuest)) return false;
  if ((c.secondary & C.ENABLE_EPT) === 0) return isTableInvalid(c);
  return (
    isFieldInvalid(c, F.GUEST_PDPTE0) ||
    isFieldInvalid(c, F.GUEST_PDPTE1) ||
    isFieldInvalid(c, F.GUEST_PDPTE2) ||
    isFieldInvalid(c, F.GUEST_PDPTE3)
  );
}

/** Check on the PDPTEs of a guest with PAE paging. */
export const GUEST_PDPTE_CHECKS: readonly EntryCheck[] = [{ ...PDPTE, id: "guest.pdptes", violated: violatesPdptes }];
