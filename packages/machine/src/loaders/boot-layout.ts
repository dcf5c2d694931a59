import { lowRamEnd, memoryMap, type RamRange, ramRanges } from "../memory-map.ts";
import type { Segment } from "./elf.ts";
import { FreeMemory, type Want } from "./free-memory.ts";
import { LoadError } from "./load-error.ts";

/** Below it lie what the BIOS left, and the boot sector. */
const STRUCTURES_FROM = 0x9000;
const FOUR_GIB = 0x1_0000_0000;
const PAGE = 4096;
const MIB = 0x100000;
const LONGEST_COMMAND_LINE = 0xffff;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The root pointer of the ACPI tables that firmware left. */
export interface RootPointer {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What a boot puts where, as it grows. Nothing is written yet. */
export class BootLayout {
  readonly memorySize: number;
  /** Finds the root pointer; null where there are no ACPI tables. */
  readonly findRootPointer: () => RootPointer | null;
  readonly pieces: Segment[] = [];
  private readonly ram: readonly RamRange[];
  private readonly free: FreeMemory;

  /**
   * @param memorySize bytes of RAM
   * @param findRootPointer asked by the protocols that tell it
   */
  constructor(memorySize: number, findRootPointer: () => RootPointer | null) {
    this.memorySize = memorySize;
    this.findRootPointer = findRootPointer;
    this.ram = ramRanges(memorySize);
    this.free = new FreeMemory(memoryMap(memorySize).filter(({ type }) => type === 1));
  }

  /** Puts an image's segments where they say. Errors: `LoadError` where there is no RAM. */
  load(segments: readonly Segment[]): void {
    segments.forEach((segment, index) => {
      this.checkBacked(segment, index);
      this.free.take(segment.address, segment.size);
      this.pieces.push(segment);
    });
  }

  private checkBacked({ address, size }: Segment, index: number): void {
    const end = address + size;
    if (size === 0 || this.ram.some((range) => address >= range.base && end <= range.base + range.size)) return;
    const what = `segment ${index} (${hex(address)}-${hex(end)})`;
    if (end > lowRamEnd(this.memorySize))
      throw new LoadError(`${what} lies beyond the guest's ${this.memorySize / MIB} MiB of memory`);
    throw new LoadError(`${what} lies where a PC has no RAM (${hex(0xa0000)}-${hex(MIB)})`);
  }

  /** Puts a structure of the boot protocol into the lowest free memory. */
  put(what: string, data: Uint8Array, alignment = 8): number {
    return this.putAt(
      data,
      this.free.lowest({ what, size: data.length, alignment, from: STRUCTURES_FROM, to: FOUR_GIB }),
    );
  }

  /** Puts a text, NUL-terminated. */
  putText(what: string, text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    if (bytes.length > LONGEST_COMMAND_LINE + 1)
      throw new LoadError(`${what} of ${bytes.length - 1} bytes; at most ${LONGEST_COMMAND_LINE} make sense`);
    return this.put(what, bytes, 1);
  }

  /** Puts a file on a page of its own behind what the image takes, or before it if it lies at the end of memory. */
  putModule(what: string, data: Uint8Array): number {
    const below = this.pieces.filter(({ address }) => address < FOUR_GIB);
    const end = Math.max(MIB, ...below.map(({ address, size }) => address + size));
    const want: Want = { what, size: Math.max(data.length, 1), alignment: PAGE, from: MIB, to: FOUR_GIB };
    const from = this.free.has({ ...want, from: end }) ? end : MIB;
    return this.putAt(data, this.free.lowest({ ...want, from }));
  }

  /** Puts data at a place found by hand. */
  putHighest(data: Uint8Array, want: Want): number {
    return this.putAt(data, this.free.highest(want));
  }

  /** Keeps a free place for an image that may be moved. */
  reserve(want: Want, preference: "lowest" | "highest"): number {
    return preference === "lowest" ? this.free.lowest(want) : this.free.highest(want);
  }

  private putAt(data: Uint8Array, address: number): number {
    this.pieces.push({ address, data, size: data.length });
    return address;
  }
}
