import type { Op } from "./op.ts";

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
  /** The two blocks that followed last, valid while `linkEpoch` is the processor's translation epoch. */
  link: Block | null = null;
  otherLink: Block | null = null;
  linkEpoch = 0;

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
