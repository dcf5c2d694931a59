import { EAX, EBX, protectedModeState } from "../boot-state.ts";
import { segmentOf } from "./address-fields.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootRequest } from "./boot-request.ts";
import { isElf, parseElf, type Segment } from "./elf.ts";
import { elfSections, type SectionTable } from "./elf-sections.ts";
import { FileView } from "./file-view.ts";
import { describeFile } from "./image-kind.ts";
import { LoadError } from "./load-error.ts";
import {
  findMultiboot2Header,
  type Multiboot2Header,
  type Relocation,
  readMultiboot2Header,
} from "./multiboot2-header.ts";
import { putMultiboot2Information } from "./multiboot2-information.ts";

const BOOT_MAGIC = 0x36d76289;
const MIB = 0x100000;

interface Multiboot2Image {
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly sections: SectionTable | null;
}

/** A multiboot 2 kernel: ELF, or flat with an address tag; moved where it allows it. Errors: `LoadError`. */
export function planMultiboot2(request: BootRequest, layout: BootLayout): BootPlan {
  const view = new FileView(request.image);
  const offset = findMultiboot2Header(view);
  if (offset < 0) throw new LoadError(`no multiboot 2 header in the first 32768 bytes: ${describeFile(request.image)}`);
  const header = readMultiboot2Header(view, offset);
  const { image, loadBase } = moved(parseImage(view, header), header.relocation, layout);
  layout.load(image.segments);
  const subject = { sections: image.sections, loadBase, required: header.required };
  const information = putMultiboot2Information(request, subject, layout);
  return {
    protocol: "multiboot2",
    pieces: layout.pieces,
    state: protectedModeState(image.entry, [
      [EAX, BOOT_MAGIC],
      [EBX, information],
    ]),
  };
}

function parseImage(view: FileView, header: Multiboot2Header): Multiboot2Image {
  if (header.addresses !== null) {
    if (header.entry === null) throw new LoadError("multiboot 2 header has an address tag and no entry address tag");
    const segment = segmentOf(view, header.offset, header.addresses);
    return { entry: header.entry, segments: [segment], sections: null };
  }
  if (!isElf(view.bytes)) throw new LoadError("flat multiboot 2 image without an address tag");
  const elf = parseElf(view.bytes);
  return { entry: header.entry ?? elf.entry, segments: elf.segments, sections: elfSections(elf) };
}

/** The image where its relocation tag wants it. */
function moved(
  image: Multiboot2Image,
  relocation: Relocation | null,
  layout: BootLayout,
): { image: Multiboot2Image; loadBase: number | null } {
  if (relocation === null) return { image, loadBase: null };
  const linked = Math.min(...image.segments.map(({ address }) => address));
  const end = Math.max(...image.segments.map(({ address, size }) => address + size));
  const base = placeFor(relocation, linked, end - linked, layout);
  const distance = base - linked;
  return {
    image: {
      ...image,
      entry: image.entry + distance,
      segments: image.segments.map((segment) => ({ ...segment, address: segment.address + distance })),
    },
    loadBase: base,
  };
}

function placeFor(relocation: Relocation, linked: number, size: number, layout: BootLayout): number {
  const { lowest, highest, alignment, preference } = relocation;
  const inRange = linked >= lowest && linked + size <= highest + 1 && linked % alignment === 0;
  if (preference === "none" && inRange) return linked;
  const want = { what: "the image", size, alignment, from: Math.max(lowest, MIB), to: highest + 1 };
  return layout.reserve(want, preference === "highest" ? "highest" : "lowest");
}
