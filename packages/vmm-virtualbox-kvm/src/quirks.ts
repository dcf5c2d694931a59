import { defineQuirk, type Quirk } from "@hvdiff/personality";

/** What the loop does to registers that it should leave alone. */
export const REGISTER_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox-kvm/registers/writes-back-unmodified-cr4",
    summary:
      "After a signal CR4 counts as changed, so that it is written back as it was read, L2's where L2 was running; no public release did so.",
    affects: ["KVM_RUN", "kvm_dirty_regs", "CR4"],
    confidence: "documented",
    evidence: [
      {
        kind: "document",
        title: "KVM mailing list: KVM: nVMX: fix CR4_READ_SHADOW when L0 updates CR4 during a signal",
        date: "2024-04-16",
      },
    ],
    optIn: true,
    policy: { userspace: { writesBack: "cr4" } },
  }),
];
