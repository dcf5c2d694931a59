import type { CpuModel, RecycledMemory } from "@hvdiff/cpu";
import type { Bounds } from "./bounds.ts";
import type { Machine } from "./machine.ts";
import type { RootClient } from "./root-client.ts";

/** What a machine is made of. */
export interface MachineOptions {
  readonly model: CpuModel;
  readonly processors?: number;
  readonly bounds?: Bounds;
  /** False where nobody asks for the trace, so that a long run is not bound by its length. */
  readonly recordTrace?: boolean;
  /** Buffer of a machine that is done, to use again. */
  readonly recycled?: RecycledMemory;
  /** Makes the root-mode client of an L0 column; absent on metal, where machine code runs in root mode. */
  readonly createClient?: (machine: Machine) => RootClient;
}
