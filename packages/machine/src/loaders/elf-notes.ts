import type { ElfImage } from "./elf.ts";

const HEADER = 12;
/** Notes of real images are a few hundred bytes; nobody shall wait for a damaged size. */
const MOST_NOTE_BYTES = 0x10000;

const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** What the first note of this owner and type says; null if there is none. A damaged note ends its segment. */
export function findElfNote(elf: ElfImage, owner: string, type: number): Uint8Array | null {
  for (const segment of elf.notes) {
    const content = findIn(segment.subarray(0, MOST_NOTE_BYTES), `${owner}\0`, type);
    if (content !== null) return content;
  }
  return null;
}

function findIn(bytes: Uint8Array, owner: string, type: number): Uint8Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const ownerSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const content = at + HEADER + padded(ownerSize);
    if (content + size > bytes.length) return null;
    const owned = ownerSize === owner.length && isText(bytes.subarray(at + HEADER), owner);
    if (owned && view.getUint32(at + 8, true) === type) return bytes.subarray(content, content + size);
    at = content + padded(size);
  }
  return null;
}

function isText(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}
