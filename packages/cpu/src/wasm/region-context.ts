import type { FlagState } from "./flag-state.ts";

/** What a region's code takes for granted about the processor, and how it leaves. */
export interface RegionContext {
  readonly codeBits: 32 | 64;
  /** Limit of the code segment, outside 64-bit mode. */
  readonly codeLimit: number;
  /** Segments with base 0 and no limit that can be read and written, as a bit mask: what the code may not look at again. */
  readonly flatSegments: number;
  /** Segments of which `flatSegments` was made use of. */
  usedSegments: number;
  /** Leaves the region before the instruction that is being compiled, flags as given. */
  leaveBefore(flags: FlagState): void;
}
