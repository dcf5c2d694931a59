import { defineQuirk, onSvm, type Quirk } from "@hvdiff/personality";
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
  defineQuirk({
    id: "qemu/migration/nested-state-left-behind",
    summary:
      "VMX operation of L1 is not asked for when a guest moves: L1 goes on outside of it, and what was L2 goes on as L1.",
    affects: ["KVM_GET_NESTED_STATE"],
    until: "3.1",
    confidence: "documented",
    evidence: [
      {
        kind: "commit",
        repo: "qemu/qemu",
        commit: "d98f26073beb",
        title: "target/i386: kvm: add VMX migration blocker",
      },
    ],
    // Older kernels have nothing to be asked for.
    when: (context) => context.atLeast("4.19") && !onSvm(context),
    policy: { userspace: { movedNestedState: "none" } },
  }),
  defineQuirk({
    id: "qemu/migration/nested-svm-state-left-behind",
    summary:
      "Guest mode and the global interrupt flag of an AMD processor are not asked for when a guest moves: what was L2 goes on as L1.",
    affects: ["KVM_GET_NESTED_STATE"],
    until: "5.1",
    confidence: "documented",
    evidence: [
      {
        kind: "commit",
        repo: "qemu/qemu",
        commit: "b16c0e20c742",
        title: "KVM: add support for AMD nested live migration",
      },
    ],
    // Older kernels have nothing to be asked for.
    when: (context) => context.atLeast("5.8") && onSvm(context),
    policy: { userspace: { movedNestedState: "none" } },
  }),
];
