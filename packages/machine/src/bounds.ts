/** Bounds of a run; reaching one is an outcome. */
export interface Bounds {
  /** Instructions (ticks) over all. */
  readonly instructions: number;
  readonly events: number;
  /** Bytes of memory touched, over all levels. */
  readonly memory: number;
}

export const DEFAULT_BOUNDS: Bounds = { instructions: 20_000_000, events: 200_000, memory: 96 * 1024 * 1024 };
