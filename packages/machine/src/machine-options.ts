import { COMPILE_HOT, type CompileThresholds, type CpuModel, type RecycledMemory } from "@hvdiff/cpu";
import type { Bounds } from "./bounds.ts";
import type { Machine } from "./machine.ts";
import type { Outcome } from "./outcome.ts";
import type { RootClient } from "./root-client.ts";
import type { Schedule } from "./schedule/schedule.ts";

/** `interp` runs every instruction by its executor, `jit` compiles hot code to WebAssembly, `both` runs the two side by side. */
export type EngineChoice = "interp" | "jit" | "both";

export const ENGINE_CHOICES: readonly EngineChoice[] = ["interp", "jit", "both"];

let chosen: EngineChoice = "jit";

/** The engine of machines whose options name none. */
export function defaultEngine(): EngineChoice {
  return chosen;
}

/** Chooses it, for a whole process: what a run shows does not depend on it. */
export function setDefaultEngine(engine: EngineChoice): void {
  chosen = engine;
}

/** What a machine is made of. */
export interface MachineOptions {
  readonly model: CpuModel;
  readonly processors?: number;
  readonly bounds?: Bounds;
  /** False where nobody asks for the trace, so that a long run is not bound by its length. */
  readonly recordTrace?: boolean;
  /** The lowest level that is in the trace; 0 if absent. */
  readonly traceFrom?: number;
  /** Whether what a root-mode client does by itself is in the trace too, as level 0. */
  readonly traceRoot?: boolean;
  /** Whether the fields of control structures, and why each of them changes, are in the trace too, as level 0. */
  readonly traceStructures?: boolean;
  /** How instructions are executed; `both` runs the two engines in lock-step and throws `EnginesDiffer`. The default is `defaultEngine()`. */
  readonly engine?: EngineChoice;
  /** When `jit` compiles; what pays for itself if absent. */
  readonly compile?: CompileThresholds;
  /** What comes from outside, and when; the default schedule if absent. */
  readonly schedule?: Schedule;
  /** Buffer of a machine that is done, to use again. */
  readonly recycled?: RecycledMemory;
  /** Starts the machine again after a reset or a triple fault; false where that ends the run. Absent: every reset does. */
  readonly restart?: (machine: Machine, outcome: Outcome) => boolean;
  /** How many clients stand on each other, an L0 included; 1 if absent. */
  readonly clients?: number;
  /** Makes the root-mode client of an L0 column; absent on metal, where machine code runs in root mode. */
  readonly createClient?: (machine: Machine) => RootClient;
}

/** When a machine's engines compile; null for never. */
export function thresholdsOf({ engine = chosen, compile = COMPILE_HOT }: MachineOptions): CompileThresholds | null {
  return engine === "jit" ? compile : null;
}
