import { type Engine, type Processor, STATE } from "@hvdiff/cpu";

/** Longest loop that is recognized, in instructions. */
export const STUCK_PERIOD = 64;

/**
 * Whether the processor is in a loop that nothing can break: within a few instructions every register, flag word and control register
 * comes back to what it was. The caller has made sure that no device or timer is going to act.
 */
export function isStuck(processor: Processor, engine: Engine): boolean {
  const before = processor.s.slice(0, STATE.INTERCEPTS);
  const first = processor.retired;
  for (let period = 1; period <= STUCK_PERIOD; period++) {
    if (engine.run(first + period) !== "limit") return false;
    if (sameState(before, processor.s)) return true;
  }
  return false;
}

function sameState(before: Int32Array, now: Int32Array): boolean {
  for (let word = 0; word < before.length; word++) {
    if (word === STATE.RETIRED || word === STATE.RETIRED + 1) continue;
    if (before[word] !== now[word]) return false;
  }
  return true;
}
