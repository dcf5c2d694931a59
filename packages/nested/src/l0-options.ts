import type { CpuModel } from "@hvdiff/cpu";
import type { FirmwareProfile, InitialState } from "@hvdiff/machine";
import type { Mechanisms } from "./mechanisms.ts";
import type { NestedPolicy } from "./policy.ts";
import type { Userspace } from "./userspace.ts";

/** What an L0 is made of: who it pretends to be, and to whom. */
export interface L0Options {
  /** The CPU that L1 is shown. */
  readonly guestModel: CpuModel;
  readonly policy: NestedPolicy;
  readonly mechanisms: Mechanisms;
  /** Bytes of L1's RAM. */
  readonly ram: number;
  readonly firmware: FirmwareProfile;
  /** Registers that L1 starts with. */
  readonly initial: InitialState;
  /** The half of L0 that is a process; null where it has none. */
  readonly userspace: Userspace | null;
}
