import { ELF32, ELF64, type ElfLayout } from "./elf-layout.ts";
import { FileView } from "./file-view.ts";
import { LoadError } from "./load-error.ts";

/** A loadable segment of an image. Addresses are physical. */
export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
  /** Size in memory; what the file does not give is zero. */
  readonly size: number;
}

/** An ELF executable for x86. */
export interface ElfImage {
  readonly view: FileView;
  readonly layout: ElfLayout;
  /** Physical address of the entry point. */
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly notes: readonly Uint8Array[];
}

/** One program header. Virtual addresses stay 64 bits wide: they may lie in the upper half. */
interface ProgramHeader {
  readonly index: number;
  readonly type: number;
  readonly executable: boolean;
  readonly virtual: bigint;
  readonly physical: number;
  readonly data: Uint8Array;
  readonly size: number;
}

const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const EM_386 = 3;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const ET_DYN = 3;
/** More than any linker makes; a damaged header must not cost memory. */
const MOST_PROGRAM_HEADERS = 256;

const MACHINES: Readonly<Record<number, string>> = {
  2: "SPARC",
  8: "MIPS",
  20: "PowerPC",
  21: "PowerPC64",
  22: "S390",
  40: "ARM",
  183: "AArch64",
  243: "RISC-V",
  258: "LoongArch",
};

const TYPES: Readonly<Record<number, string>> = { 1: "a relocatable object", 4: "a core dump" };

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

/** Reads an ELF32 or ELF64 executable for x86. Errors: `LoadError` for truncated, foreign or inconsistent files. */
export function parseElf(file: Uint8Array): ElfImage {
  const view = new FileView(file);
  const layout = layoutOf(view);
  const type = view.u16(16);
  if (type !== ET_EXEC && type !== ET_DYN)
    throw new LoadError(`ELF type ${type}${TYPES[type] ? ` (${TYPES[type]})` : ""}; link it as an executable`);
  const headers = programHeaders(view, layout);
  const segments = headers.filter((header) => header.type === PT_LOAD);
  if (segments.length === 0) throw new LoadError("ELF has nothing to load");
  return {
    view,
    layout,
    entry: entryOf(view, layout, segments),
    segments: segments.map(({ physical, data, size }) => ({ address: physical, data, size })),
    notes: headers.filter((header) => header.type === PT_NOTE).map(({ data }) => data),
  };
}

function layoutOf(view: FileView): ElfLayout {
  if (view.length < ELF32.header)
    throw new LoadError(`truncated ELF: ${view.length} bytes, the header alone has ${ELF32.header}`);
  const layout = { 1: ELF32, 2: ELF64 }[view.u8(4)];
  if (layout === undefined) throw new LoadError(`ELF class ${view.u8(4)} is neither ELF32 nor ELF64`);
  if (view.u8(5) !== 1) throw new LoadError("big-endian ELF; x86 images are little-endian");
  if (view.length < layout.header)
    throw new LoadError(`truncated ELF: ${view.length} bytes, the 64-bit header alone has ${layout.header}`);
  const machine = view.u16(18);
  if (machine !== EM_386 && machine !== EM_X86_64)
    throw new LoadError(`ELF for another machine: ${MACHINES[machine] ?? `e_machine ${machine}`}, not x86`);
  return layout;
}

/** A word of the class's width that a physical address can be. */
export function elfWord(view: FileView, layout: ElfLayout, at: number, what: string): number {
  return layout.bits === 32 ? view.u32(at) : view.address(at, `ELF ${what}`);
}

function programHeaders(view: FileView, layout: ElfLayout): ProgramHeader[] {
  const table = elfWord(view, layout, layout.programHeaders, "program header offset");
  const size = view.u16(layout.counts);
  const count = view.u16(layout.counts + 2);
  const least = layout.programHeader.size;
  if (count === 0) throw new LoadError("ELF has no program headers; link it as an executable");
  if (size < least) throw new LoadError(`ELF program headers of ${size} bytes, expected ${least}`);
  if (count > MOST_PROGRAM_HEADERS)
    throw new LoadError(`ELF has ${count} program headers; at most ${MOST_PROGRAM_HEADERS} make sense`);
  if (table + size * count > view.length)
    throw new LoadError(`truncated ELF: program headers end at ${table + size * count}, file at ${view.length}`);
  return Array.from({ length: count }, (_, index) => programHeader(view, layout, table + index * size, index)).filter(
    (header) => header !== null,
  );
}

/** A header that says what to load or to read; others have no meaning here, whatever their words are. */
function programHeader(view: FileView, layout: ElfLayout, at: number, index: number): ProgramHeader | null {
  const type = view.u32(at);
  if (type !== PT_LOAD && type !== PT_NOTE) return null;
  const words = layout.programHeader;
  const word = (offset: number, what: string): number => elfWord(view, layout, at + offset, `segment ${index} ${what}`);
  const offset = word(words.offset, "offset");
  const fileSize = word(words.fileSize, "size");
  const size = word(words.memorySize, "size");
  if (offset + fileSize > view.length)
    throw new LoadError(
      `truncated ELF: segment ${index} needs bytes up to ${offset + fileSize}, file has ${view.length}`,
    );
  if (type === PT_LOAD && size < fileSize)
    throw new LoadError(`ELF segment ${index} is smaller in memory (${size}) than in the file (${fileSize})`);
  return {
    index,
    type,
    executable: (view.u32(at + words.flags) & PF_X) !== 0,
    virtual: layout.bits === 32 ? BigInt(view.u32(at + words.virtual)) : view.u64(at + words.virtual),
    physical: type === PT_LOAD ? word(words.physical, "address") : 0,
    data: view.bytes.subarray(offset, offset + fileSize),
    size,
  };
}

/** Kernels linked for the upper half give a linear entry point: the segment it lies in tells the physical one. */
function entryOf(view: FileView, layout: ElfLayout, segments: readonly ProgramHeader[]): number {
  const entry = layout.bits === 32 ? BigInt(view.u32(layout.entry)) : view.u64(layout.entry);
  const home = segments.find(
    ({ executable, virtual, data }) => executable && entry >= virtual && entry < virtual + BigInt(data.length),
  );
  const physical = home === undefined ? entry : entry - home.virtual + BigInt(home.physical);
  if (physical > 0xffff_ffffn)
    throw new LoadError(`ELF entry point 0x${physical.toString(16)} is not a physical address below 4 GiB`);
  return Number(physical);
}
