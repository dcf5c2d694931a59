import { type ElfImage, elfWord } from "./elf.ts";
import { LoadError } from "./load-error.ts";

/** A section's contents that the image does not load, and where its header keeps the address. */
export interface UnloadedSection {
  readonly data: Uint8Array;
  /** Offset of sh_addr in the table. */
  readonly addressAt: number;
}

/** The section header table, as boot protocols hand it to a kernel that wants its own symbols. */
export interface SectionTable {
  readonly count: number;
  readonly entrySize: number;
  /** Index of the section with the names. */
  readonly nameIndex: number;
  /** A copy, to be filled in with addresses. */
  readonly table: Uint8Array;
  /** Symbol and string tables: debug information stays in the file. */
  readonly unloaded: readonly UnloadedSection[];
  readonly wide: boolean;
}

const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHF_ALLOC = 2;

/** The image's sections; null where it has none. Errors: `LoadError` when the table points outside the file. */
export function elfSections(elf: ElfImage): SectionTable | null {
  const { view, layout } = elf;
  const offset = elfWord(view, layout, layout.sectionHeaders, "section header offset");
  const entrySize = view.u16(layout.counts + 4);
  const count = view.u16(layout.counts + 6);
  if (offset === 0 || count === 0) return null;
  if (entrySize < layout.sectionHeader.size)
    throw new LoadError(`ELF section headers of ${entrySize} bytes, expected ${layout.sectionHeader.size}`);
  const table = view.part(offset, entrySize * count, "ELF section header table").slice();
  const unloaded: UnloadedSection[] = [];
  for (let index = 0; index < count; index++) {
    const section = unloadedSection(elf, offset + index * entrySize, index * entrySize, index);
    if (section !== null) unloaded.push(section);
  }
  checkSizes(unloaded, view.length);
  return {
    count,
    entrySize,
    nameIndex: view.u16(layout.counts + 8),
    table,
    unloaded,
    wide: layout.bits === 64,
  };
}

function unloadedSection(elf: ElfImage, at: number, inTable: number, index: number): UnloadedSection | null {
  const { view, layout } = elf;
  const words = layout.sectionHeader;
  const type = view.u32(at + 4);
  const loaded = (view.u32(at + words.flags) & SHF_ALLOC) !== 0;
  if (loaded || (type !== SHT_SYMTAB && type !== SHT_STRTAB)) return null;
  const offset = elfWord(view, layout, at + words.offset, `section ${index} offset`);
  const size = elfWord(view, layout, at + words.length, `section ${index} size`);
  return { data: view.part(offset, size, `ELF section ${index}`), addressAt: inTable + words.address };
}

function checkSizes(sections: readonly UnloadedSection[], fileSize: number): void {
  const total = sections.reduce((sum, { data }) => sum + data.length, 0);
  if (total > fileSize) throw new LoadError(`ELF symbol and string tables of ${total} bytes in a file of ${fileSize}`);
}
