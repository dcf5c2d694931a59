/** A write of VM_CR by L1. */
export interface VmCrWrite {
  readonly low: number;
  readonly high: number;
  readonly old: number;
  /** EFER.SVME. */
  readonly svme: boolean;
}

/**
 * Decision points of an L0 on SVM where products differ from the architecture. A quirk replaces a point; a policy is data or a small function of
 * what it is handed, never of a product's name.
 */
export interface SvmPolicy {
  /** Whether VM_CR.R_INIT makes #SX of an INIT. */
  readonly redirectsInit: boolean;
  /** Whether an INIT intercept of L1 is looked at. */
  readonly interceptsInit: boolean;
  /** Whether an INIT that resets a virtual processor in guest mode makes it leave guest mode first. */
  readonly initLeavesGuestMode: boolean;
  /** VM_CR as L1 finds it. */
  readonly initialVmCr: number;
  /** VM_CR as a write leaves it, and whether it is #GP. Null: the architecture's rules. */
  readonly writeVmCr: ((write: VmCrWrite) => { value: number; faults: boolean }) | null;
  /** VMRUN with VM_HSAVE_PA = 0 is #GP. */
  readonly needsHostSaveArea: boolean;
  /** VMRUN without paging is #UD. */
  readonly vmrunNeedsPaging: boolean;
  /** What decides whether L1 may run guests with nested paging: the processor, or what CPUID says to L1. */
  readonly nestedPaging: "cpuid" | "silicon";
  /** What decides whether L1 has 1-GiB nested pages: the processor, or what CPUID says to L1. */
  readonly gigabytePages: "cpuid" | "silicon";
  /** Whether a guest of L1 with nested paging has the PAT of its own that its VMCB names; else it shares L1's. */
  readonly ownGuestPat: boolean;
  /** High half of EXITCODE after a VMRUN that L0's checks refuse. */
  readonly refusedRunCodeHigh: number;
  /** Whether such a VMRUN clears the global interrupt flag, as a #VMEXIT does. */
  readonly refusedRunClearsGif: boolean;
}

export const ARCHITECTURAL_SVM_POLICY: SvmPolicy = {
  redirectsInit: true,
  interceptsInit: true,
  initLeavesGuestMode: true,
  initialVmCr: 0,
  writeVmCr: null,
  needsHostSaveArea: false,
  vmrunNeedsPaging: false,
  nestedPaging: "cpuid",
  gigabytePages: "silicon",
  ownGuestPat: true,
  refusedRunCodeHigh: -1,
  refusedRunClearsGif: true,
};
