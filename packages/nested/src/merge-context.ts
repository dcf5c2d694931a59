import type { PhysicalMemory } from "@hvdiff/cpu";
import type { MemoryVmcs } from "@hvdiff/vmx";
import type { SecondStage02 } from "./ept02.ts";
import type { StructureHistory } from "./history/structure-history.ts";
import type { MsrBitmapPlan } from "./msr-bitmap-plan.ts";
import type { NestedPolicy } from "./policy.ts";

/** What the merge of vmcs02 works on. */
export interface MergeContext {
  readonly v01: MemoryVmcs;
  readonly v12: MemoryVmcs;
  readonly v02: MemoryVmcs;
  /** Bytes of L1's RAM. */
  readonly ram: number;
  /** What silicon shall use as second stage for L2, and the VPID. */
  readonly secondStage: SecondStage02;
  readonly vpid02: number;
  readonly memory: PhysicalMemory;
  /** Host-physical address of the page that vmcs02 may use as its MSR bitmap. */
  readonly msrBitmap02: number;
  /** What becomes of that bitmap. */
  readonly msrBitmap: MsrBitmapPlan;
  readonly policy: Pick<NestedPolicy, "unbackedVirtualApicPage" | "unbackedApicAccessPage" | "interceptsWbinvd">;
  /** Of silicon's VMX-preemption timer to L1's (`timerScale`). */
  readonly timerScale: number;
  /** HLT of L2 is L0's to do. */
  readonly haltsInL0: boolean;
  /** Told of each rule; null where nobody asked for that. */
  readonly history: StructureHistory | null;
}
