import type { VmmHalf } from "@hvdiff/personality";
import { migrate, migrationBlocker } from "./migration.ts";

/** MSRs that are put at every level, not only at reset. */
const RUNTIME_MSRS = [0x174, 0x175, 0x176, 0x277, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000102];

/**
 * The loop around KVM_RUN. Registers stay in the kernel until somebody in QEMU asks for them; then all of them are fetched, and all are put
 * back before the next KVM_RUN, changed or not. A signal alone asks for none.
 */
export const runLoop: VmmHalf = {
  interrupted: (kvm, policy) => {
    if (policy.writesBack !== "everything") return;
    const [regs, sregs, msrs] = [kvm.getRegs(), kvm.getSregs(), kvm.getMsrs(RUNTIME_MSRS)];
    kvm.setRegs(regs);
    kvm.setSregs(sregs);
    kvm.setMsrs(msrs);
  },
  migrate,
  migrationBlocker,
};
