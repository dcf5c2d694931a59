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
  /** Bits of VM_CR whose writing is #GP. */
  readonly refusedVmCrBits: number;
  /** VM_CR as a write leaves it, and whether it is #GP. Absent: the architecture's rules. */
  readonly writeVmCr: ((value: number, old: number, svme: boolean) => { value: number; faults: boolean }) | null;
  /** VMRUN with VM_HSAVE_PA = 0 is #GP. */
  readonly needsHostSaveArea: boolean;
  /** VMRUN without paging is #UD. */
  readonly vmrunNeedsPaging: boolean;
  /** Whether nested paging's large-page bit of a 1-GiB entry is reserved where CPUID does not offer 1-GiB pages to L1. */
  readonly gigabytePages: "cpuid" | "silicon";
  /** Whether a guest of L1 has the PAT of its own that its VMCB names. */
  readonly ownGuestPat: boolean;
}

export const ARCHITECTURAL_SVM_POLICY: SvmPolicy = {
  redirectsInit: true,
  interceptsInit: true,
  initLeavesGuestMode: true,
  refusedVmCrBits: 0,
  writeVmCr: null,
  needsHostSaveArea: false,
  vmrunNeedsPaging: false,
  gigabytePages: "cpuid",
  ownGuestPat: true,
};
