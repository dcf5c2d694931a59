import { type Engine, type PhysicalMemory, type Processor, STATE } from "@hvdiff/cpu";

/** Longest loop that is recognized, in instructions. */
export const STUCK_PERIOD = 64;

/**
 * Whether the processor is in a loop that nothing can break: within a few instructions every register, flag word, control register and
 * all memory come back to what they were, and nothing else was looked at. The caller has made sure that no device or timer is going to act.
 */
export function isStuck(processor: Processor, engine: Engine): boolean {
  const period = registersRepeat(processor, engine);
  if (period === 0) return false;
  const memory = framesOf(processor.memory).slice();
  return (
    engine.run(processor.retired + period) === "limit" && sameWords(memory, framesOf(processor.memory), memory.length)
  );
}

export function outsideReads({ outsideAccesses, clockReads }: Processor): number {
  return outsideAccesses + clockReads;
}

/** Instructions after which the registers are as they were; 0 if they are not soon. */
function registersRepeat(processor: Processor, engine: Engine): number {
  const before = processor.s.slice(0, STATE.INTERCEPTS);
  const first = processor.retired;
  const outside = outsideReads(processor);
  for (let period = 1; period <= STUCK_PERIOD; period++) {
    // What a device was asked may also have ended the run.
    if (engine.run(first + period) !== "limit" || outsideReads(processor) !== outside) return 0;
    before[STATE.RETIRED] = processor.s[STATE.RETIRED]!;
    before[STATE.RETIRED + 1] = processor.s[STATE.RETIRED + 1]!;
    if (sameWords(before, processor.s, before.length)) return period;
  }
  return 0;
}

/** The memory in use as words. */
export function framesOf(memory: PhysicalMemory): Int32Array {
  const first = memory.processors * STATE.STATE_BYTES;
  return memory.words.subarray(first / 4, (first + memory.usedBytes) / 4);
}

/** Whether two areas have the same first words. */
export function sameWords(before: Int32Array, now: Int32Array, count: number): boolean {
  for (let word = 0; word < count; word++) if (before[word] !== now[word]) return false;
  return true;
}
