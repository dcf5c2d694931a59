import { defineQuirk, type Quirk } from "@hvdiff/personality";
import { vmxSource } from "../evidence.ts";

/** What the kernel does with registers that come from userspace. */
export const REGISTER_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/registers/sregs-set-read-shadows",
    summary:
      "KVM_SET_SREGS while L2 runs makes CR0 and CR4 what L2 reads, also in bits that L1 owns: L2 sees what L1 hides from it.",
    affects: ["KVM_SET_SREGS", "cr0ReadShadow", "cr4ReadShadow"],
    confidence: "source",
    evidence: [
      vmxSource("vmx_set_cr4"),
      {
        kind: "document",
        title: "KVM mailing list: KVM: nVMX: fix CR4_READ_SHADOW when L0 updates CR4 during a signal",
        date: "2024-04-16",
      },
    ],
    policy: { userspace: { readShadowsOnWrite: "as-written" } },
  }),
];
