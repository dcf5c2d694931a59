import { EAX, EBX, protectedModeState } from "../boot-state.ts";
import { basicMemory, memoryMap } from "../memory-map.ts";
import { segmentOf } from "./address-fields.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootRequest } from "./boot-request.ts";
import { isElf, parseElf, type Segment } from "./elf.ts";
import { elfSections, type SectionTable } from "./elf-sections.ts";
import { FileView } from "./file-view.ts";
import { describeFile } from "./image-kind.ts";
import { LoadError } from "./load-error.ts";
import { RecordWriter } from "./record.ts";
import { placeSections } from "./section-placement.ts";

const HEADER_MAGIC = 0x1badb002;
const BOOT_MAGIC = 0x2badb002;
const SEARCH = 8192;
const BOOT_LOADER_NAME = "hvdiff";

/** Header flags that a boot loader must understand: module alignment, memory information, video mode. */
const KNOWN_REQUIREMENTS = 0x7;
const REQUIREMENTS = 0xffff;
const HAS_ADDRESS_FIELDS = 1 << 16;

const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_SECTIONS = 1 << 5;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_BOOT_LOADER_NAME = 1 << 9;
const INFO_SIZE = 116;

/** Where the header is; -1 if the file has none. */
export function findMultibootHeader(view: FileView): number {
  for (let at = 0; at + 12 <= Math.min(SEARCH, view.length); at += 4) {
    if (view.u32(at) !== HEADER_MAGIC) continue;
    const sum = HEADER_MAGIC + view.u32(at + 4) + view.u32(at + 8);
    if (sum >>> 0 === 0) return at;
  }
  return -1;
}

interface MultibootImage {
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly sections: SectionTable | null;
}

/** A multiboot 1 kernel: ELF, or flat with address fields. Errors: `LoadError`. */
export function planMultiboot(request: BootRequest, layout: BootLayout): BootPlan {
  const image = parseMultiboot(request.image);
  layout.load(image.segments);
  const info = putInfo(request, image, layout);
  return {
    protocol: "multiboot",
    pieces: layout.pieces,
    state: protectedModeState(image.entry, [
      [EAX, BOOT_MAGIC],
      [EBX, info],
    ]),
  };
}

function parseMultiboot(file: Uint8Array): MultibootImage {
  const view = new FileView(file);
  const header = findMultibootHeader(view);
  if (header < 0) throw new LoadError(`no multiboot header in the first ${SEARCH} bytes: ${describeFile(file)}`);
  const flags = view.u32(header + 4);
  const unknown = flags & REQUIREMENTS & ~KNOWN_REQUIREMENTS;
  if (unknown !== 0)
    throw new LoadError(`multiboot header requires unknown features (flags 0x${unknown.toString(16)})`);
  if ((flags & HAS_ADDRESS_FIELDS) !== 0) return fromAddressFields(view, header);
  if (!isElf(file)) throw new LoadError("flat multiboot image without address fields (header flag 16)");
  const elf = parseElf(file);
  return { entry: elf.entry, segments: elf.segments, sections: elfSections(elf) };
}

function fromAddressFields(view: FileView, header: number): MultibootImage {
  if (header + 32 > view.length) throw new LoadError("truncated multiboot header");
  const segment = segmentOf(view, header, {
    headerAddress: view.u32(header + 12),
    loadAddress: view.u32(header + 16),
    loadEnd: view.u32(header + 20),
    bssEnd: view.u32(header + 24),
  });
  return { entry: view.u32(header + 28), segments: [segment], sections: null };
}

/** The command line of a multiboot kernel: the program's name first. */
export function multibootCommandLine({ programName = "", commandLine = "" }: BootRequest): string {
  return [programName, commandLine].filter((part) => part !== "").join(" ");
}

/** The information structure and everything it points to. (Multiboot Specification "Boot information format") */
function putInfo(request: BootRequest, image: MultibootImage, layout: BootLayout): number {
  const info = new Uint8Array(INFO_SIZE);
  const view = new DataView(info.buffer);
  const word = (offset: number, value: number): void => view.setUint32(offset, value, true);
  // The structure's own place comes first, so that it is where QEMU has it as long as nothing lies there.
  const address = layout.put("multiboot information", info);
  const { lower, upper } = basicMemory(layout.memorySize);
  const modules = putModules(request, layout);
  const map = memoryMapRecords(layout.memorySize);
  word(4, lower);
  word(8, upper);
  word(16, layout.putText("command line", multibootCommandLine(request)));
  word(20, modules.count);
  word(24, modules.address);
  if (image.sections !== null) putSections(word, image.sections, layout);
  word(44, map.length);
  word(48, layout.put("memory map", map));
  word(64, layout.putText("boot loader name", BOOT_LOADER_NAME));
  const always = INFO_MEMORY | INFO_COMMAND_LINE | INFO_MEMORY_MAP | INFO_BOOT_LOADER_NAME;
  word(0, always | (modules.count > 0 ? INFO_MODULES : 0) | (image.sections !== null ? INFO_SECTIONS : 0));
  return address;
}

function putSections(word: (offset: number, value: number) => void, sections: SectionTable, layout: BootLayout): void {
  word(28, sections.count);
  word(32, sections.entrySize);
  word(36, layout.put("section header table", placeSections(sections, layout)));
  word(40, sections.nameIndex);
}

function putModules({ modules = [] }: BootRequest, layout: BootLayout): { count: number; address: number } {
  if (modules.length === 0) return { count: 0, address: 0 };
  const records = new RecordWriter();
  modules.forEach(({ commandLine, data }, index) => {
    const start = layout.putModule(`module ${index}`, data);
    const text = layout.putText(`command line of module ${index}`, commandLine);
    records
      .u32(start)
      .u32(start + data.length)
      .u32(text)
      .u32(0);
  });
  return { count: modules.length, address: layout.put("module list", records.toBytes()) };
}

function memoryMapRecords(size: number): Uint8Array {
  const records = new RecordWriter();
  for (const entry of memoryMap(size)) records.u32(20).u64(entry.base).u64(entry.size).u32(entry.type);
  return records.toBytes();
}
