import { MemoryExhausted, type Processor, STATE } from "@hvdiff/cpu";
import type { Outcome, Where } from "./outcome.ts";
import { TraceFull } from "./trace.ts";

/** What the outcomes name. */
interface Ending {
  readonly processors: readonly Processor[];
  readonly bounds: { readonly instructions: number; readonly events: number; readonly memory: number };
  where(): Where;
}

/** All processors wait for something that cannot come. */
export function idleOutcome(machine: Ending): Outcome {
  if (machine.processors[0]!.s[STATE.ACTIVITY] === 2)
    return { kind: "shutdown", what: "processor in shutdown state", where: machine.where() };
  return { kind: "halted", where: machine.where() };
}

/** The bound on instructions. */
export function limitOutcome(machine: Ending): Outcome {
  return { kind: "limit", instructions: machine.bounds.instructions, where: machine.where() };
}

/** A processor that cannot go on. */
export function stopOutcome(machine: Ending, processor: Processor): Outcome {
  const stop = processor.stop!;
  if (stop.kind === "triple-fault") return { kind: "triple-fault", where: machine.where() };
  if (stop.kind === "unimplemented")
    return { kind: "unimplemented", what: `${stop.what} [${stop.bytes}]`, where: machine.where() };
  if (stop.kind === "gate") throw new Error("code has come to a gate, and no client is behind it");
  return { kind: stop.kind, what: stop.what, where: machine.where() };
}

/** A bound that is met by an exception of ours; anything else is a bug and goes on. */
export function boundReached(machine: Ending, error: unknown): Outcome {
  if (error instanceof TraceFull) return { kind: "trace-limit", events: machine.bounds.events, where: machine.where() };
  if (error instanceof MemoryExhausted)
    return { kind: "memory-limit", bytes: machine.bounds.memory, where: machine.where() };
  throw error;
}
