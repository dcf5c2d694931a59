import { defineQuirk, type Quirk } from "@hvdiff/personality";
import { kvmSource, linuxCommit } from "../evidence.ts";

/** KVM_ENOSYS and KVM_EPERM. */
const UNKNOWN = -1000;
const UNPRIVILEGED = -1;

const EMULATE = kvmSource("x86.c", "____kvm_emulate_hypercall");

/** Hypercalls, by the releases that brought them. Which of them CPUID announces is QEMU's business, and KVM does them anyway. */
export const HYPERCALL_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/vmcall-is-hypercall",
    summary:
      "VMCALL outside VMX non-root operation, or VMMCALL of L1, is a hypercall: it succeeds, and RAX holds -1000 where its number is unknown, -1 outside CPL 0.",
    affects: ["vmcall"],
    confidence: "source",
    evidence: [EMULATE],
    policy: { hypercalls: { unknown: UNKNOWN, unprivileged: UNPRIVILEGED, poll: 1, wake: 5 } },
  }),
  defineQuirk({
    id: "kvm/hypercalls/clock-pairing",
    summary: "Hypercall 9 stores the time of day and the time stamp of the same moment.",
    affects: ["vmcall"],
    confidence: "source",
    evidence: [
      kvmSource("x86.c", "kvm_pv_clock_pairing"),
      linuxCommit("55dd00a73a51", "KVM: x86: add KVM_HC_CLOCK_PAIRING hypercall"),
    ],
    policy: { hypercalls: { pairClocks: 9 } },
  }),
  defineQuirk({
    id: "kvm/hypercalls/send-ipi",
    summary: "Hypercall 10 sends an interrupt to a set of local APICs and answers how many got it.",
    affects: ["vmcall"],
    since: "4.19",
    confidence: "source",
    evidence: [
      kvmSource("lapic.c", "kvm_pv_send_ipi"),
      linuxCommit("4180bf1b655a", 'KVM: X86: Implement "send IPI" hypercall'),
    ],
    policy: { hypercalls: { sendInterrupts: 10 } },
  }),
  defineQuirk({
    id: "kvm/hypercalls/sched-yield",
    summary: "Hypercall 11 gives way to another virtual processor and answers 0.",
    affects: ["vmcall"],
    since: "5.3",
    confidence: "source",
    evidence: [
      kvmSource("x86.c", "kvm_sched_yield"),
      linuxCommit("71506297c8e9", "KVM: X86: Yield to IPI target if necessary"),
    ],
    policy: { hypercalls: { giveWay: 11 } },
  }),
];
