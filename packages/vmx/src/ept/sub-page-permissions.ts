import { joinAddress } from "../address.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";

/** What the sub-page permission table says about a write. */
export const SUB_PAGE_ALLOWED = 0;
export const SUB_PAGE_DENIED = 1;
export const SUB_PAGE_MISS = 2;
export const SUB_PAGE_MISCONFIGURED = 3;

const VALID = 1;
const TABLE_RESERVED = 0xffe;
const FRAME_HIGH = 0xfffff;
/** Every other bit of the last entry; the others give the permissions of 128 bytes each. */
const PERMISSIONS_RESERVED = 0xaaaa_aaaa | 0;
const TABLE_LEVELS = [4, 3, 2] as const;

function indexAt(page: number, level: number): number {
  return Math.floor(page / 512 ** (level - 1)) % 512;
}

/** Whether a write to a guest-physical address whose page may not be written is allowed (SDM 3C "Sub-Page Write Permissions"). */
export function subPageWritePermission({ c, vmcs, capabilities }: VmxCore, gpa: number): number {
  const { memory } = c;
  const page = Math.floor(gpa / 4096);
  const pointer = F.SUB_PAGE_PERMISSION_TABLE_POINTER;
  let table = joinAddress(vmcs.lo(pointer) & ~0xfff, vmcs.hi(pointer));
  for (const level of TABLE_LEVELS) {
    const at = table + indexAt(page, level) * 8;
    const low = memory.read32(at);
    const high = memory.read32(at + 4);
    if ((low & VALID) === 0) return SUB_PAGE_MISS;
    if ((low & TABLE_RESERVED) !== 0 || (high & (capabilities.reservedAddressHigh | ~FRAME_HIGH)) !== 0)
      return SUB_PAGE_MISCONFIGURED;
    table = joinAddress(low & ~0xfff, high);
  }
  const at = table + indexAt(page, 1) * 8;
  const halves = [memory.read32(at), memory.read32(at + 4)] as const;
  if (((halves[0] | halves[1]) & PERMISSIONS_RESERVED) !== 0) return SUB_PAGE_MISCONFIGURED;
  const region = (gpa % 4096) >>> 7;
  const permission = (halves[region >>> 4]! >>> ((region & 15) * 2)) & 1;
  return permission === 1 ? SUB_PAGE_ALLOWED : SUB_PAGE_DENIED;
}
