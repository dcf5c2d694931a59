import { joinAddress } from "../address.ts";

/** How a walk of the sub-page permission table ended. */
export const SUB_PAGES_FOUND = 0;
export const SUB_PAGES_MISS = 1;
export const SUB_PAGES_MISCONFIGURED = 2;

/** The write permissions of a page's parts, two bits for each; both halves are 0 where the walk did not find them. */
export interface SubPages {
  readonly end: typeof SUB_PAGES_FOUND | typeof SUB_PAGES_MISS | typeof SUB_PAGES_MISCONFIGURED;
  readonly low: number;
  readonly high: number;
}

const VALID = 1;
const TABLE_RESERVED = 0xffe;
const FRAME_HIGH = 0xfffff;
/** Every other bit of the last entry; the others give the permissions of 128 bytes each. */
const PERMISSIONS_RESERVED = 0xaaaa_aaaa | 0;
const TABLE_LEVELS = [4, 3, 2] as const;
const MISS: SubPages = { end: SUB_PAGES_MISS, low: 0, high: 0 };
const MISCONFIGURED: SubPages = { end: SUB_PAGES_MISCONFIGURED, low: 0, high: 0 };

function indexAt(page: number, level: number): number {
  return Math.floor(page / 512 ** (level - 1)) % 512;
}

/**
 * Looks a page up in a sub-page permission table (SDM 3C "Sub-Page Write Permissions").
 * @param reservedHigh bits of an entry's high half that an address may not have
 */
export function findSubPages(
  memory: { read32(address: number): number },
  root: number,
  reservedHigh: number,
  page: number,
): SubPages {
  let table = root;
  for (const level of TABLE_LEVELS) {
    const at = table + indexAt(page, level) * 8;
    const low = memory.read32(at);
    const high = memory.read32(at + 4);
    if ((low & VALID) === 0) return MISS;
    if ((low & TABLE_RESERVED) !== 0 || (high & (reservedHigh | ~FRAME_HIGH)) !== 0) return MISCONFIGURED;
    table = joinAddress(low & ~0xfff, high);
  }
  const at = table + indexAt(page, 1) * 8;
  const low = memory.read32(at);
  const high = memory.read32(at + 4);
  return ((low | high) & PERMISSIONS_RESERVED) !== 0 ? MISCONFIGURED : { end: SUB_PAGES_FOUND, low, high };
}

/** Whether the part of the page that the address lies in may be written. */
export function isSubPageWritable({ low, high }: SubPages, gpa: number): boolean {
  const part = (gpa % 4096) >>> 7;
  return (((part < 16 ? low : high) >>> ((part & 15) * 2)) & 1) !== 0;
}
