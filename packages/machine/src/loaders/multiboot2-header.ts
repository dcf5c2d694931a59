import type { FileView } from "./file-view.ts";
import { LoadError } from "./load-error.ts";

const MAGIC = 0xe85250d6;
const SEARCH = 32768;
const ARCHITECTURE_I386 = 0;
const OPTIONAL = 1;
const CONSOLE_REQUIRED = 1;

/** Types of header tags. (Multiboot2 Specification "Multiboot2 header tags") */
const TAG = {
  end: 0,
  informationRequest: 1,
  addresses: 2,
  entry: 3,
  console: 4,
  framebuffer: 5,
  moduleAlignment: 6,
  efiBootServices: 7,
  efi32Entry: 8,
  efi64Entry: 9,
  relocatable: 10,
} as const;

/** How far an image may be moved. */
export interface Relocation {
  readonly lowest: number;
  readonly highest: number;
  readonly alignment: number;
  readonly preference: "none" | "lowest" | "highest";
}

/** What a multiboot 2 header says. */
export interface Multiboot2Header {
  readonly offset: number;
  readonly addresses: { headerAddress: number; loadAddress: number; loadEnd: number; bssEnd: number } | null;
  readonly entry: number | null;
  /** Types of information tags that the kernel cannot do without. */
  readonly required: readonly number[];
  readonly relocation: Relocation | null;
}

type Draft = { -readonly [K in keyof Multiboot2Header]: Multiboot2Header[K] };

/** One header tag: where it is, how long, and whether the kernel can do without. */
interface Tag {
  readonly at: number;
  readonly type: number;
  readonly size: number;
  readonly optional: boolean;
}

/** Where the header is; -1 if the file has none. */
export function findMultiboot2Header(view: FileView): number {
  for (let at = 0; at + 16 <= Math.min(SEARCH, view.length); at += 8) {
    if (view.u32(at) !== MAGIC) continue;
    const sum = MAGIC + view.u32(at + 4) + view.u32(at + 8) + view.u32(at + 12);
    if (sum >>> 0 === 0) return at;
  }
  return -1;
}

/** Reads the header. Errors: `LoadError` for damage, and for whatever the kernel requires and this PC has not. */
export function readMultiboot2Header(view: FileView, offset: number): Multiboot2Header {
  const architecture = view.u32(offset + 4);
  if (architecture !== ARCHITECTURE_I386)
    throw new LoadError(`multiboot 2 header for architecture ${architecture}, not i386 (0)`);
  const end = offset + view.u32(offset + 8);
  const header: Draft = { offset, addresses: null, entry: null, required: [], relocation: null };
  let at = offset + 16;
  while (at + 8 <= end) {
    const tag = { at, type: view.u16(at), optional: (view.u16(at + 2) & OPTIONAL) !== 0, size: view.u32(at + 4) };
    if (tag.type === TAG.end) return header;
    if (tag.size < 8 || at + tag.size > end)
      throw new LoadError(`multiboot 2 header tag ${tag.type} at ${at} has the size ${tag.size}`);
    readTag(view, tag, header);
    at += Math.ceil(tag.size / 8) * 8;
  }
  throw new LoadError("multiboot 2 header has no end tag");
}

function readTag(view: FileView, tag: Tag, header: Draft): void {
  const word = (index: number): number => {
    if (tag.size < 12 + index * 4) throw new LoadError(`multiboot 2 header tag ${tag.type} is too short (${tag.size})`);
    return view.u32(tag.at + 8 + index * 4);
  };
  switch (tag.type) {
    case TAG.informationRequest:
      if (!tag.optional) header.required = [...header.required, ...requests(view, tag)];
      return;
    case TAG.addresses:
      header.addresses = { headerAddress: word(0), loadAddress: word(1), loadEnd: word(2), bssEnd: word(3) };
      return;
    case TAG.entry:
      header.entry = word(0);
      return;
    case TAG.console:
      if ((word(0) & CONSOLE_REQUIRED) !== 0 && !tag.optional)
        throw new LoadError("multiboot 2 kernel requires a console; this PC has a serial port only");
      return;
    case TAG.relocatable:
      header.relocation = relocation(word(0), word(1), word(2), word(3));
      return;
    // Modules always lie on pages; the EFI entry points matter to EFI firmware only.
    case TAG.moduleAlignment:
    case TAG.efi32Entry:
    case TAG.efi64Entry:
      return;
    default:
      if (!tag.optional) throw new LoadError(`multiboot 2 kernel requires ${unsupported(tag.type)}`);
  }
}

function unsupported(type: number): string {
  if (type === TAG.framebuffer) return "a framebuffer; this PC has none";
  if (type === TAG.efiBootServices) return "EFI boot services; this PC has none";
  return `header tag ${type}, which is not known`;
}

function requests(view: FileView, tag: Tag): number[] {
  const count = Math.floor((tag.size - 8) / 4);
  return Array.from({ length: count }, (_, index) => view.u32(tag.at + 8 + index * 4));
}

function relocation(lowest: number, highest: number, alignment: number, preference: number): Relocation {
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
    throw new LoadError(`multiboot 2 relocation alignment ${alignment} is not a power of two`);
  return { lowest, highest, alignment, preference: (["none", "lowest", "highest"] as const)[preference] ?? "none" };
}
