import type { BootLayout } from "./boot-layout.ts";
import type { SectionTable } from "./elf-sections.ts";

/** Puts the symbol and string tables into memory; returns the section header table with their addresses in it. */
export function placeSections(sections: SectionTable, layout: BootLayout): Uint8Array {
  const table = sections.table.slice();
  const view = new DataView(table.buffer);
  for (const { data, addressAt } of sections.unloaded) {
    if (data.length === 0) continue;
    const address = layout.putModule("symbol table", data);
    if (sections.wide) view.setBigUint64(addressAt, BigInt(address), true);
    else view.setUint32(addressAt, address, true);
  }
  return table;
}
