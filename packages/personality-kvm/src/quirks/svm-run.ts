import { defineQuirk, type Evidence, onSvm, type Quirk } from "@hvdiff/personality";
import { VMCB_FIELDS } from "@hvdiff/spec";
import { linuxCommit } from "../evidence.ts";

/** KVM's SVM nesting code as mainline had it between 5.18 and 5.19. */
const nestedSvm = (symbol: string): Evidence => ({
  kind: "source",
  repo: "torvalds/linux",
  path: "arch/x86/kvm/svm/nested.c",
  commit: "00f08d99dd7d3ab3d8cb1fa356e857fcccbbdde8",
  symbol,
});

const TLB_CHECK = linuxCommit("174a921b6975", "nSVM: Check for reserved encodings of TLB_CONTROL in nested VMCB");
const MAP_CHECK = linuxCommit("ee695f22b54a", "nSVM: Check addresses of MSR and IO permission maps");
const MSR_PROTECTION = 1 << 28;
const MSR_MAP_BYTES = 0x2000;

/** What VMRUN checks under KVM, what a refused one leaves behind, and whose memory types L2 has. */
export const SVM_RUN_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/svm/guest-pat-ignored",
    summary:
      "G_PAT of a VMCB is neither checked nor used: a guest with nested paging reads and writes the PAT of its host.",
    affects: ["vmrun", "guest-pat", "IA32_PAT"],
    confidence: "source",
    evidence: [nestedSvm("nested_vmcb02_compute_g_pat")],
    when: onSvm,
    policy: { skippedVmrunChecks: ["guest-pat"], svm: { ownGuestPat: false } },
  }),
  defineQuirk({
    id: "kvm/svm/invalid-code-of-32-bits",
    summary: "A VMRUN that KVM's own checks refuse leaves EXITCODE FFFF_FFFFH, with a high half of 0.",
    affects: ["vmrun", "vmexit.invalid"],
    confidence: "source",
    evidence: [
      nestedSvm("nested_svm_vmrun"),
      linuxCommit("f402ecd7a8b6", "KVM: nSVM: Set exit_code_hi to -1 when synthesizing SVM_EXIT_ERR (failed VMRUN)"),
    ],
    when: onSvm,
    policy: { svm: { refusedRunCodeHigh: 0 } },
  }),
  defineQuirk({
    id: "kvm/svm/refused-run-keeps-gif",
    summary: "A VMRUN that KVM's own checks refuse is no #VMEXIT: the global interrupt flag stays as it was.",
    affects: ["vmrun", "gif"],
    confidence: "source",
    evidence: [nestedSvm("nested_svm_vmrun")],
    when: onSvm,
    policy: { svm: { refusedRunClearsGif: false } },
  }),
  defineQuirk({
    id: "kvm/svm/run-checks-left-to-processor",
    summary:
      "The code segment's size bits and the event to inject are checked by the processor alone, in the VMCB that KVM has merged.",
    affects: ["vmrun", "cs-long-and-default", "illegal-event"],
    confidence: "source",
    evidence: [nestedSvm("__nested_vmcb_check_save"), nestedSvm("__nested_vmcb_check_controls")],
    when: onSvm,
    policy: { skippedVmrunChecks: ["cs-long-and-default", "illegal-event"] },
  }),
  defineQuirk({
    id: "kvm/svm/register-checks-left-to-processor",
    summary:
      "Reserved bits of CR3, CR4, DR6 and DR7 are checked by the processor alone, in the VMCB that KVM has merged.",
    affects: ["vmrun", "cr3-reserved", "cr4-reserved", "dr6-high", "dr7-high"],
    until: "5.9",
    confidence: "inferred",
    evidence: [
      linuxCommit(
        "761e41693465",
        "KVM: nSVM: Check that MBZ bits in CR3 and CR4 are not set on vmrun of nested guests",
      ),
      linuxCommit(
        "1aef8161b384",
        "KVM: nSVM: Check that DR6[63:32] and DR7[64:32] are not set on vmrun of nested guests",
      ),
    ],
    when: onSvm,
    policy: { skippedVmrunChecks: ["cr3-reserved", "cr4-reserved", "dr6-high", "dr7-high"] },
  }),
  defineQuirk({
    id: "kvm/svm/permission-map-addresses-unchecked",
    summary:
      "A VMCB may name an I/O permission map beyond the physical-address width, and an MSR permission map as long as MSRs are not intercepted.",
    affects: ["vmrun", "iopm-too-high", "msrpm-too-high"],
    until: "5.13",
    confidence: "inferred",
    evidence: [MAP_CHECK],
    when: onSvm,
    policy: {
      skippedVmrunChecks: ["iopm-too-high", "msrpm-too-high"],
      addedVmrunChecks: [
        {
          id: "msrpm-unreadable",
          apm: '2 "Canonicalization and Consistency Checks"',
          violated: ({ vmcb, capabilities }) => {
            const { offset } = VMCB_FIELDS.msrpmBasePa;
            const base = (vmcb.lo(offset) >>> 0) + (vmcb.hi(offset) >>> 0) * 0x1_0000_0000;
            const isUsed = (vmcb.lo(VMCB_FIELDS.intercept3.offset) & MSR_PROTECTION) !== 0;
            return isUsed && base + MSR_MAP_BYTES >= capabilities.addressLimit;
          },
        },
      ],
    },
  }),
  defineQuirk({
    id: "kvm/svm/tlb-control-unchecked-at-first",
    summary: "Every value of TLB_CONTROL is accepted.",
    affects: ["vmrun", "tlb-control-reserved"],
    until: "5.16",
    confidence: "source",
    evidence: [TLB_CHECK],
    when: onSvm,
    policy: { skippedVmrunChecks: ["tlb-control-reserved"] },
  }),
  defineQuirk({
    id: "kvm/svm/tlb-control-unchecked",
    summary: "Every value of TLB_CONTROL is accepted again, after flushes by ASID had been refused from 5.16 on.",
    affects: ["vmrun", "tlb-control-reserved"],
    since: "6.8",
    confidence: "source",
    evidence: [
      TLB_CHECK,
      linuxCommit("a484755ab252", 'Revert "nSVM: Check for reserved encodings of TLB_CONTROL in nested VMCB"'),
    ],
    when: onSvm,
    policy: { skippedVmrunChecks: ["tlb-control-reserved"] },
  }),
];
