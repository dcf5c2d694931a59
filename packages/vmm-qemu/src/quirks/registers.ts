import { defineQuirk, type Quirk } from "@hvdiff/personality";
import { kvmGlueSource } from "../evidence.ts";

/** What QEMU does to registers that it has not changed. */
export const REGISTER_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "qemu/registers/runtime-put-after-signal",
    summary:
      "Whoever asks for registers when a signal has ended KVM_RUN makes QEMU put all of them back as they were read: L2's where L2 was running.",
    affects: ["KVM_RUN", "KVM_SET_SREGS"],
    confidence: "inferred",
    evidence: [kvmGlueSource("kvm_arch_put_registers")],
    optIn: true,
    policy: { userspace: { writesBack: "everything" } },
  }),
];
