/** A way out of a region. */
export interface RegionSite {
  /**
   * `boundary`: at the start of another block, whose RIP is known. `computed`: likewise, RIP was stored. `before`: in front of an instruction in
   * the middle of a block. `operated`: behind or at an instruction that an executor ran.
   */
  readonly kind: "boundary" | "computed" | "before" | "operated";
  /** Block and instruction. */
  readonly block: number;
  readonly position: number;
  readonly ripLow: number;
  readonly ripHigh: number;
}
