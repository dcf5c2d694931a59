import type { Mechanisms } from "@hvdiff/personality";
import { msrAddress } from "@hvdiff/spec";

const PASSED_THROUGH = (["IA32_FS_BASE", "IA32_GS_BASE", "IA32_KERNEL_GS_BASE"] as const).map(msrAddress);

/**
 * What Hyper-V is said to do about MSR accesses of L2 (Linux ceef7d10dfb6): each exits, but these where the enlightened bitmap is used. On another
 * hypervisor it uses enlightened VMCSs: KVM offers them for its sake.
 */
export function hypervMechanisms(): Partial<Mechanisms> {
  return {
    msrBitmap: { passedThrough: PASSED_THROUGH, heedsEnlightenment: true, onlyEnlightened: true },
    usesEnlightenedVmcs: true,
  };
}
