import type { Segment } from "./elf.ts";
import type { FileView } from "./file-view.ts";
import { LoadError } from "./load-error.ts";

/** The addresses by which a multiboot header describes a flat image, as the header gives them. */
export interface AddressFields {
  readonly headerAddress: number;
  readonly loadAddress: number;
  readonly loadEnd: number;
  readonly bssEnd: number;
}

const WHOLE_FILE = 0xffffffff;

/**
 * The one segment of a flat multiboot image. (Multiboot Specification "The address fields of Multiboot header")
 * Errors: `LoadError` where the fields contradict each other or the file.
 */
export function segmentOf(view: FileView, headerOffset: number, fields: AddressFields): Segment {
  const { headerAddress, loadAddress, loadEnd, bssEnd } = fields;
  // Multiboot 2 means the start of the file by a load address of all ones.
  const wholeFile = loadAddress === WHOLE_FILE;
  const address = wholeFile ? headerAddress - headerOffset : loadAddress;
  const start = wholeFile ? 0 : headerOffset - (headerAddress - loadAddress);
  if (address < 0 || start < 0 || start > view.length)
    throw new LoadError("multiboot load address lies outside the file");
  const length = loadEnd === 0 ? view.length - start : loadEnd - address;
  if (length < 0)
    throw new LoadError(`multiboot load end address 0x${loadEnd.toString(16)} lies before the load address`);
  if (start + length > view.length)
    throw new LoadError(`truncated multiboot image: needs ${start + length} bytes, file has ${view.length}`);
  const size = Math.max(length, bssEnd === 0 ? length : bssEnd - address);
  return { address, data: view.part(start, length, "multiboot image"), size };
}
