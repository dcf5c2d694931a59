import type { RamRange } from "../memory-map.ts";
import { LoadError } from "./load-error.ts";

/** What a piece of memory is wanted for, and where it may lie. */
export interface Want {
  readonly what: string;
  readonly size: number;
  readonly alignment?: number;
  /** Lowest address allowed. */
  readonly from?: number;
  /** First address not allowed. */
  readonly to?: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Guest RAM that nothing has been put into yet, while a boot is being laid out. */
export class FreeMemory {
  private ranges: RamRange[];

  /** @param ranges usable RAM, ascending */
  constructor(ranges: readonly RamRange[]) {
    this.ranges = [...ranges];
  }

  /** Takes a range that something needs to lie in. Parts of it that are not free stay what they are. */
  take(base: number, size: number): void {
    const end = base + size;
    this.ranges = this.ranges.flatMap((range) => {
      const rangeEnd = range.base + range.size;
      if (size === 0 || end <= range.base || base >= rangeEnd) return [range];
      return [
        { base: range.base, size: Math.max(0, base - range.base) },
        { base: end, size: Math.max(0, rangeEnd - end) },
      ].filter((part) => part.size > 0);
    });
  }

  /** Whether a place fits. */
  has(want: Want): boolean {
    return this.findLowest(want) !== null;
  }

  /** Takes the lowest place that fits. Errors: `LoadError` where none does. */
  lowest(want: Want): number {
    const start = this.findLowest(want);
    if (start === null) throw this.none(want);
    return this.taken(start, want);
  }

  private findLowest(want: Want): number | null {
    const alignment = want.alignment ?? 1;
    for (const { base, size } of this.ranges) {
      const start = Math.ceil(Math.max(base, want.from ?? 0) / alignment) * alignment;
      if (start + want.size <= Math.min(base + size, want.to ?? Number.POSITIVE_INFINITY)) return start;
    }
    return null;
  }

  /** Takes the highest place that fits. Errors: `LoadError` where none does. */
  highest(want: Want): number {
    const alignment = want.alignment ?? 1;
    for (const { base, size } of [...this.ranges].reverse()) {
      const end = Math.min(base + size, want.to ?? Number.POSITIVE_INFINITY);
      const start = Math.floor((end - want.size) / alignment) * alignment;
      if (start >= Math.max(base, want.from ?? 0)) return this.taken(start, want);
    }
    throw this.none(want);
  }

  private taken(base: number, { size }: Want): number {
    this.take(base, size);
    return base;
  }

  private none({ what, size, from = 0, to }: Want): LoadError {
    const between = `${hex(from)}${to === undefined ? " up" : ` to ${hex(to)}`}`;
    return new LoadError(`no room for ${what} of ${size} bytes in the guest's memory (from ${between})`);
  }
}
