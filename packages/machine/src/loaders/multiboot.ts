import { type ElfImage, isElf, parseElf, type Segment } from "./elf.ts";
import { LoadError } from "./load-error.ts";

const MAGIC = 0x1badb002;
const SEARCH = 8192;
/** EAX of a multiboot 1 kernel at its entry. */
export const MULTIBOOT_BOOT_MAGIC = 0x2badb002;

/** An image ready to be put into memory: where its parts go, and where it starts in 32-bit protected mode. */
export interface LoadableImage {
  readonly entry: number;
  readonly segments: readonly Segment[];
}

function findHeader(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = Math.min(SEARCH, file.length) - 12;
  for (let at = 0; at <= end; at += 4) {
    if (view.getUint32(at, true) !== MAGIC) continue;
    const sum = MAGIC + view.getUint32(at + 4, true) + view.getUint32(at + 8, true);
    if (sum >>> 0 === 0) return at;
  }
  return -1;
}

/**
 * Understands a multiboot 1 image: ELF, or flat with the address fields of the header.
 * Errors: `LoadError` for empty, foreign and damaged files.
 */
export function parseMultiboot(file: Uint8Array): LoadableImage {
  if (file.length === 0) throw new LoadError("empty file");
  const header = findHeader(file);
  if (isElf(file)) {
    const elf = parseElf(file);
    if (header < 0) throw new LoadError(`ELF${elf.bits} without a multiboot header in its first ${SEARCH} bytes`);
    return fromElf(elf);
  }
  if (header < 0) throw new LoadError(`neither ELF nor multiboot: ${describeBytes(file)}`);
  return fromAddressFields(file, header);
}

function describeBytes(file: Uint8Array): string {
  const head = file.subarray(0, Math.min(16, file.length));
  const text = head.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9);
  if (text) return `a text file starting ${JSON.stringify(String.fromCharCode(...head))}`;
  return `file starts with ${[...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

function fromElf(elf: ElfImage): LoadableImage {
  if (elf.entry > 0xffffffff) throw new LoadError(`multiboot entry point 0x${elf.entry.toString(16)} is above 4 GiB`);
  return { entry: elf.entry, segments: elf.segments };
}

function fromAddressFields(file: Uint8Array, header: number): LoadableImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if ((view.getUint32(header + 4, true) & (1 << 16)) === 0)
    throw new LoadError("flat multiboot image without address fields (header flag 16)");
  if (header + 32 > file.length) throw new LoadError("truncated multiboot header");
  const headerAddress = view.getUint32(header + 12, true);
  const loadAddress = view.getUint32(header + 16, true);
  const loadEnd = view.getUint32(header + 20, true);
  const bssEnd = view.getUint32(header + 24, true);
  const start = header - (headerAddress - loadAddress);
  if (start < 0 || start > file.length) throw new LoadError("multiboot load address lies outside the file");
  const length = loadEnd === 0 ? file.length - start : loadEnd - loadAddress;
  if (length < 0 || start + length > file.length)
    throw new LoadError(`truncated multiboot image: needs ${start + length} bytes, file has ${file.length}`);
  const size = Math.max(length, bssEnd === 0 ? length : bssEnd - loadAddress);
  return {
    entry: view.getUint32(header + 28, true),
    segments: [{ address: loadAddress, data: file.subarray(start, start + length), size }],
  };
}
