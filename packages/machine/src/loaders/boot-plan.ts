import type { InitialState } from "../boot-state.ts";
import type { BootProtocol } from "./boot-request.ts";
import type { Segment } from "./elf.ts";

/** Everything a boot comes down to: what lies where in memory, and the registers at the first instruction. */
export interface BootPlan {
  readonly protocol: BootProtocol;
  /** In the order in which they are put: a later one covers an earlier one. */
  readonly pieces: readonly Segment[];
  readonly state: InitialState;
}
