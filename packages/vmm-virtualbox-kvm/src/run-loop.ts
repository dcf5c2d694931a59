import { KVM_SYNC_X86_SREGS, type VmmHalf } from "@hvdiff/personality";

/**
 * The loop around KVM_RUN with synchronized registers: what the kernel left in the shared page is taken over, and groups that were changed
 * are marked dirty. A signal changes none by itself.
 */
export const runLoop: VmmHalf = {
  interrupted: ({ run }, policy) => {
    // One register marks its whole group.
    if (policy.writesBack === "cr4") run.kvmDirtyRegs |= KVM_SYNC_X86_SREGS;
  },
};
