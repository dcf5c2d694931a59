import type { Op } from "./op.ts";
import type { RegionEntry } from "./wasm/region-runtime.ts";

/** Straight-line instructions decoded once, up to a branch, a change of mode or the end of the page. */
export class Block {
  readonly ops: readonly Op[];
  /** Buffer offset of the first byte, mode, and the RIP it was decoded for: together its identity. */
  readonly at: number;
  readonly mode: number;
  readonly ripLow: number;
  readonly ripHigh: number;
  /** RIP behind the last instruction. */
  readonly endLow: number;
  readonly endHigh: number;
  /** Pool frame of the code and how often that code had been overwritten when it was decoded. */
  readonly frame: number;
  readonly version: number;
  /** Times it was run by executors since it was decoded or its region was dropped. */
  heat = 0;
  /** Where its computed jump, call or return has led from compiled code: RIP halves, the first few. */
  readonly computedTargets: number[] = [];
  /** Times that its region was compiled anew. */
  recompiled = 0;
  /** Where it is entered in WebAssembly. */
  region: RegionEntry | null = null;

  constructor(
    place: { at: number; mode: number; ripLow: number; ripHigh: number; frame: number; version: number },
    ops: readonly Op[],
  ) {
    this.at = place.at;
    this.mode = place.mode;
    this.ripLow = place.ripLow;
    this.ripHigh = place.ripHigh;
    this.frame = place.frame;
    this.version = place.version;
    this.ops = ops;
    const last = ops[ops.length - 1];
    this.endLow = last ? last.nextLow : place.ripLow;
    this.endHigh = last ? last.nextHigh : place.ripHigh;
  }
}
