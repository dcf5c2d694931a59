import type { PhysicalMemory } from "@hvdiff/cpu";

const PAGE_WORDS = 1024;

/** A VMCB, or a host save area of the same layout, in physical memory. Offsets are in bytes, of aligned words. */
export class Vmcb {
  /** Physical address. */
  readonly address: number;
  readonly words: Int32Array;
  /** Index of its first word. */
  readonly base: number;

  /** @param address physical address of a page; where no RAM is all bits read as 1 and writes are lost */
  constructor(memory: PhysicalMemory, address: number) {
    this.address = address;
    const offset = memory.frameOffset(address / 4096);
    this.words = offset < 0 ? new Int32Array(PAGE_WORDS).fill(-1) : memory.words;
    this.base = offset < 0 ? 0 : offset >> 2;
  }

  /** The low half, or the whole, of a field. */
  lo(offset: number): number {
    return this.words[this.base + (offset >> 2)]!;
  }

  /** The high half of a field of 64 bits. */
  hi(offset: number): number {
    return this.words[this.base + (offset >> 2) + 1]!;
  }

  set32(offset: number, value: number): void {
    this.words[this.base + (offset >> 2)] = value;
  }

  set(offset: number, lo: number, hi: number): void {
    const at = this.base + (offset >> 2);
    this.words[at] = lo;
    this.words[at + 1] = hi;
  }
}
