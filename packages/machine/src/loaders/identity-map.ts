import type { BootLayout } from "./boot-layout.ts";

const PAGE = 4096;
const ENTRIES = 512;
const GIGABYTES = 4;
const PRESENT_WRITABLE = 3;
const LARGE_PAGE = 0x83;
const LARGE_PAGE_SIZE = 0x200000;

/** Page tables that map the first 4 GiB to themselves in pages of 2 MiB; returns CR3. (SDM 3A "4-Level Paging and 5-Level Paging") */
export function putIdentityMap(layout: BootLayout): number {
  const tables = new Uint8Array((2 + GIGABYTES) * PAGE);
  const base = layout.put("page tables", tables, PAGE);
  const view = new DataView(tables.buffer);
  const entry = (table: number, index: number, value: number): void =>
    view.setUint32(table * PAGE + index * 8, value, true);
  entry(0, 0, base + PAGE + PRESENT_WRITABLE);
  for (let gigabyte = 0; gigabyte < GIGABYTES; gigabyte++) {
    const directory = 2 + gigabyte;
    entry(1, gigabyte, base + directory * PAGE + PRESENT_WRITABLE);
    for (let index = 0; index < ENTRIES; index++)
      entry(directory, index, (gigabyte * ENTRIES + index) * LARGE_PAGE_SIZE + LARGE_PAGE);
  }
  return base;
}

/** A descriptor table with flat code and data segments at the given selectors. (SDM 3A "Segment Descriptors") */
export function putDescriptorTable(
  layout: BootLayout,
  { code, data, long }: { readonly code: number; readonly data: number; readonly long: boolean },
): { readonly base: number; readonly limit: number } {
  const table = new Uint8Array(Math.max(code, data) + 8);
  const view = new DataView(table.buffer);
  view.setBigUint64(code, long ? 0x00af9b000000ffffn : 0x00cf9b000000ffffn, true);
  view.setBigUint64(data, 0x00cf93000000ffffn, true);
  return { base: layout.put("descriptor table", table), limit: table.length - 1 };
}
