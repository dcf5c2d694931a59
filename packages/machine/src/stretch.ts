import {
  type Engine,
  type HeldPlace,
  NO_GUARD,
  type Processor,
  type RunGuard,
  type RunResult,
  runGuarded,
  startPlace,
} from "@hvdiff/cpu";

/** Instructions after which a processor comes back to the loop, so that other processors have their turn and short runs choice points. */
const SLICE = 1000;
/** The same for a processor alone, in a run that is not short. */
const LONG_SLICE = 10_000;
const SHORT_RUN = 100_000;

/** Slices end at whole multiples, whatever has come in between: looks for a dead loop, or a debugger. */
export function sliceEnd({ retired }: Processor, processors: number): number {
  const slice = processors === 1 && retired >= SHORT_RUN ? LONG_SLICE : SLICE;
  return retired - (retired % slice) + slice;
}

/** What one processor is to execute without the machine looking: up to `limit` instructions in all. */
export interface Stretch {
  readonly processor: Processor;
  limit: number;
  /** Tick in the midst of it at which something comes from outside, if there is one. */
  readonly due: number | null;
  /** The next thing that happens by itself. */
  readonly deadline: number;
  /** Where a debugger's guard has held it; null before that. */
  place: HeldPlace | null;
}

/**
 * Runs a stretch, or what is left of it. One that has been held goes on instruction by instruction as it would have, guard or not, so that a
 * debugger leaves no mark.
 */
export function runStretch(engine: Engine, stretch: Stretch, guard: RunGuard | null): RunResult | "held" {
  if (guard === null && stretch.place === null) return engine.run(stretch.limit);
  stretch.place ??= startPlace();
  const result = runGuarded(engine, stretch.limit, guard ?? NO_GUARD, stretch.place);
  // A device may have lowered it.
  stretch.limit = engine.limit.end;
  return result;
}
