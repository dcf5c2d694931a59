import type { RecycledMemory } from "@hvdiff/cpu";
import { Machine } from "./machine.ts";

const PAGE = 4096;

/** Buffers of machines that others have gone on as: making one takes longer than clearing one. */
const spare = new WeakMap<Machine, RecycledMemory>();

/** A machine of the same build on which nothing has run, at the same time: where something moves to. */
export function anotherMachine(machine: Machine): Machine {
  const { recycled: _, ...options } = machine.options;
  const { processors } = machine;
  const recycled = spare.get(machine);
  spare.delete(machine);
  const other = new Machine({
    ...options,
    schedule: [],
    recordTrace: false,
    traceRoot: false,
    traceStructures: false,
    ...(recycled === undefined ? {} : { recycled }),
  });
  other.processors.forEach((processor, at) => {
    processor.retired = processors[at]!.retired;
  });
  other.turns.time = machine.turns.time;
  return other;
}

/** Copies the pages in a range of physical addresses that have been touched. */
export function copyPages(from: Machine, to: Machine, { base, size }: { base: number; size: number }): void {
  const [first, end] = [base / PAGE, (base + size) / PAGE];
  for (const frame of from.memory.saveFrames().taken) {
    if (frame < first || frame >= end) continue;
    const offset = from.memory.touchedOffset(frame);
    to.memory.writeBytes(frame * PAGE, from.memory.bytes.subarray(offset, offset + PAGE));
  }
}

/**
 * A machine goes on as another one of the same build, which must not be used afterwards. Its trace, its schedule and what it has counted stay: who
 * has the one at hand need not know of the other.
 */
export function goOnAs(machine: Machine, other: Machine): void {
  machine.memory.restoreFrames(other.memory.saveFrames());
  machine.processors.forEach((processor, at) => {
    const there = other.processors[at]!;
    processor.restore(there.save());
    processor.extension?.restore?.(there.extension?.save?.());
  });
  machine.client?.restore(other.client?.save());
  spare.set(machine, other.memory.recycle());
}
