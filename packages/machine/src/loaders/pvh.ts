import { EBX, protectedModeState } from "../boot-state.ts";
import { memoryMap } from "../memory-map.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootRequest } from "./boot-request.ts";
import { type ElfImage, isElf, parseElf } from "./elf.ts";
import { findElfNote } from "./elf-notes.ts";
import { LoadError } from "./load-error.ts";
import { RecordWriter } from "./record.ts";

const NOTE_OWNER = "Xen";
/** XEN_ELFNOTE_PHYS32_ENTRY. (Xen "x86/HVM direct boot ABI (PVH)") */
const NOTE_TYPE = 18;
const START_MAGIC = 0x336ec578;
const VERSION_WITH_MEMORY_MAP = 1;

/** Whether the image has the note that says where to enter it; its entry point if so. */
function entryOf(elf: ElfImage): number | null {
  const content = findElfNote(elf, NOTE_OWNER, NOTE_TYPE);
  if (content === null || content.length < 4) return null;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const high = content.length >= 8 ? view.getUint32(4, true) : 0;
  if (high !== 0) throw new LoadError("PVH entry point is not below 4 GiB");
  return view.getUint32(0, true);
}

/** Whether a file is an ELF image with a PVH entry point. Errors: `LoadError` for damaged ELF files. */
export function hasPvhEntry(file: Uint8Array): boolean {
  return isElf(file) && entryOf(parseElf(file)) !== null;
}

/** A kernel with a PVH entry point: 32-bit protected mode, EBX the start information. Errors: `LoadError`. */
export function planPvh(request: BootRequest, layout: BootLayout): BootPlan {
  if (!isElf(request.image)) throw new LoadError("PVH needs an ELF image");
  const elf = parseElf(request.image);
  const entry = entryOf(elf);
  if (entry === null)
    throw new LoadError(`ELF${elf.layout.bits} without a PVH entry point (note XEN_ELFNOTE_PHYS32_ENTRY)`);
  layout.load(elf.segments);
  return {
    protocol: "pvh",
    pieces: layout.pieces,
    state: protectedModeState(entry, [[EBX, putStartInfo(request, layout)]]),
  };
}

/** hvm_start_info and what it points to. */
function putStartInfo({ commandLine = "", modules = [] }: BootRequest, layout: BootLayout): number {
  const moduleList = new RecordWriter();
  modules.forEach(({ commandLine: text, data }, index) => {
    const at = layout.putModule(`module ${index}`, data);
    moduleList
      .u64(at)
      .u64(data.length)
      .u64(layout.putText(`command line of module ${index}`, text))
      .u64(0);
  });
  const map = new RecordWriter();
  const entries = memoryMap(layout.memorySize);
  for (const { base, size, type } of entries) map.u64(base).u64(size).u32(type).u32(0);
  const info = new RecordWriter()
    .u32(START_MAGIC)
    .u32(VERSION_WITH_MEMORY_MAP)
    .u32(0)
    .u32(modules.length)
    .u64(modules.length === 0 ? 0 : layout.put("module list", moduleList.toBytes()))
    .u64(layout.putText("command line", commandLine))
    .u64(layout.findRootPointer()?.address ?? 0)
    .u64(layout.put("memory map", map.toBytes()))
    .u32(entries.length)
    .u32(0);
  return layout.put("start information", info.toBytes());
}
