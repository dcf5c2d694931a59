import { basicMemory, memoryMap } from "../memory-map.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootRequest } from "./boot-request.ts";
import type { SectionTable } from "./elf-sections.ts";
import { LoadError } from "./load-error.ts";
import { multibootCommandLine } from "./multiboot.ts";
import { RecordWriter } from "./record.ts";
import { placeSections } from "./section-placement.ts";

/** Types of information tags that are given where there is something to say. (Multiboot2 Specification "Boot information format") */
const TAG = {
  end: 0,
  commandLine: 1,
  bootLoaderName: 2,
  module: 3,
  basicMemory: 4,
  memoryMap: 6,
  sections: 9,
  acpiOld: 14,
  acpiNew: 15,
  loadBase: 21,
} as const;

const BOOT_LOADER_NAME = "hvdiff";
const MEMORY_MAP_ENTRY = 24;
const ACPI_1_POINTER = 20;

/** What the information is about, beside the request. */
export interface Multiboot2Subject {
  readonly sections: SectionTable | null;
  /** Where a movable image was loaded; null for others. */
  readonly loadBase: number | null;
  /** Types of tags that the kernel requires. */
  readonly required: readonly number[];
}

/** Puts the information structure into memory. Errors: `LoadError` where a tag that the kernel requires cannot be given. */
export function putMultiboot2Information(request: BootRequest, subject: Multiboot2Subject, layout: BootLayout): number {
  const tags = informationTags(request, subject, layout);
  const given = new Set(tags.map(({ type }) => type));
  const missing = subject.required.find((type) => !given.has(type) && !canBeEmpty(type, request));
  if (missing !== undefined)
    throw new LoadError(`multiboot 2 kernel requires information tag ${missing}, which this PC cannot give`);
  const records = new RecordWriter();
  for (const { type, content } of [...tags, { type: TAG.end, content: new RecordWriter() }])
    records
      .u32(type)
      .u32(content.length + 8)
      .bytes(content.toBytes())
      .pad(8);
  const size = records.length + 8;
  const structure = new RecordWriter().u32(size).u32(0).bytes(records.toBytes()).toBytes();
  return layout.put("multiboot 2 information", structure);
}

/** A kernel may require modules to be told; that there are none needs no tag. */
function canBeEmpty(type: number, { modules = [] }: BootRequest): boolean {
  return type === TAG.module && modules.length === 0;
}

interface InformationTag {
  readonly type: number;
  readonly content: RecordWriter;
}

function informationTags(request: BootRequest, subject: Multiboot2Subject, layout: BootLayout): InformationTag[] {
  const { lower, upper } = basicMemory(layout.memorySize);
  const tags: InformationTag[] = [
    { type: TAG.commandLine, content: new RecordWriter().text(multibootCommandLine(request)) },
    { type: TAG.bootLoaderName, content: new RecordWriter().text(BOOT_LOADER_NAME) },
    ...moduleTags(request, layout),
    { type: TAG.basicMemory, content: new RecordWriter().u32(lower).u32(upper) },
    { type: TAG.memoryMap, content: memoryMapContent(layout.memorySize) },
    ...rootPointerTags(layout),
  ];
  const { sections, loadBase } = subject;
  if (sections !== null) {
    const content = new RecordWriter().u32(sections.count).u32(sections.entrySize).u32(sections.nameIndex);
    tags.push({ type: TAG.sections, content: content.bytes(placeSections(sections, layout)) });
  }
  if (loadBase !== null) tags.push({ type: TAG.loadBase, content: new RecordWriter().u32(loadBase) });
  return tags;
}

function moduleTags({ modules = [] }: BootRequest, layout: BootLayout): InformationTag[] {
  return modules.map(({ commandLine, data }, index) => {
    const start = layout.putModule(`module ${index}`, data);
    return {
      type: TAG.module,
      content: new RecordWriter()
        .u32(start)
        .u32(start + data.length)
        .text(commandLine),
    };
  });
}

function memoryMapContent(size: number): RecordWriter {
  const content = new RecordWriter().u32(MEMORY_MAP_ENTRY).u32(0);
  for (const entry of memoryMap(size)) content.u64(entry.base).u64(entry.size).u32(entry.type).u32(0);
  return content;
}

/** The root pointer as ACPI 1.0 had it and, where it is longer, as ACPI 2.0 has it. */
function rootPointerTags(layout: BootLayout): InformationTag[] {
  const rootPointer = layout.findRootPointer();
  if (rootPointer === null) return [];
  const { bytes } = rootPointer;
  const old = { type: TAG.acpiOld, content: new RecordWriter().bytes(bytes.subarray(0, ACPI_1_POINTER)) };
  return bytes.length > ACPI_1_POINTER ? [old, { type: TAG.acpiNew, content: new RecordWriter().bytes(bytes) }] : [old];
}
