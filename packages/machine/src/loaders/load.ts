import { LoadError } from "./load-error.ts";
import { type LoadableImage, parseMultiboot } from "./multiboot.ts";

/** Where a loader writes: guest-physical memory of L1, wherever that lies. */
export interface GuestMemory {
  readonly size: number;
  write(address: number, data: Uint8Array): void;
}

const INFO_AT = 0x9000;
const COMMAND_LINE_AT = 0x9400;
const MEMORY_MAP_AT = 0x9100;
const LOW_MEMORY_END = 0xa0000;
const ONE_MEBIBYTE = 0x100000;

/** What the guest is started with. */
export interface BootInfo {
  readonly entry: number;
  /** Physical address of the multiboot information structure (EBX). */
  readonly infoAddress: number;
}

/**
 * Puts a multiboot image, its command line and its memory map into guest memory.
 * Errors: `LoadError` when the image is not one, or does not fit.
 */
export function loadMultiboot(file: Uint8Array, memory: GuestMemory, commandLine: string): BootInfo {
  const image = parseMultiboot(file);
  checkFit(image, memory.size);
  for (const segment of image.segments) memory.write(segment.address, segment.data);
  writeInfo(memory, commandLine);
  return { entry: image.entry, infoAddress: INFO_AT };
}

function checkFit(image: LoadableImage, size: number): void {
  image.segments.forEach((segment, index) => {
    if (segment.address + segment.size > size) {
      const range = `0x${segment.address.toString(16)}-0x${(segment.address + segment.size).toString(16)}`;
      throw new LoadError(`segment ${index} (${range}) lies beyond the guest's ${size / ONE_MEBIBYTE} MiB of memory`);
    }
  });
}

/** The multiboot 1 information structure: memory sizes, command line, memory map, boot loader name left out. */
function writeInfo(memory: GuestMemory, commandLine: string): void {
  const info = new Uint8Array(120);
  const view = new DataView(info.buffer);
  view.setUint32(0, (1 << 0) | (1 << 2) | (1 << 6), true);
  view.setUint32(4, LOW_MEMORY_END / 1024, true);
  view.setUint32(8, (memory.size - ONE_MEBIBYTE) / 1024, true);
  view.setUint32(16, COMMAND_LINE_AT, true);
  view.setUint32(44, 3 * 24, true);
  view.setUint32(48, MEMORY_MAP_AT, true);
  memory.write(INFO_AT, info);
  memory.write(COMMAND_LINE_AT, new TextEncoder().encode(`${commandLine.slice(0, 1023)}\0`));
  memory.write(MEMORY_MAP_AT, memoryMap(memory.size));
}

function memoryMap(size: number): Uint8Array {
  const ranges = [
    [0, LOW_MEMORY_END, 1],
    [LOW_MEMORY_END, ONE_MEBIBYTE - LOW_MEMORY_END, 2],
    [ONE_MEBIBYTE, size - ONE_MEBIBYTE, 1],
  ] as const;
  const map = new Uint8Array(ranges.length * 24);
  const view = new DataView(map.buffer);
  ranges.forEach(([base, length, type], at) => {
    view.setUint32(at * 24, 20, true);
    view.setBigUint64(at * 24 + 4, BigInt(base), true);
    view.setBigUint64(at * 24 + 12, BigInt(length), true);
    view.setUint32(at * 24 + 20, type, true);
  });
  return map;
}
