import { defineQuirk, keepFeatures, onSvm, type Quirk } from "@hvdiff/personality";
import { CPUID_WORDS } from "@hvdiff/spec";
import { kvmSource, linuxCommit } from "../evidence.ts";
import { OFFERED_SVM_FEATURES } from "./svm-features-table.ts";

const SVM_LEAF = 0x8000_000a;
const ASIDS = 8;
const VM_CR_BITS = 0x1f;
const LOCK_AND_DISABLE = 0x18;
const DISABLE = 0x10;

const SEED = {
  kind: "report",
  where: "a blog on bugs of hypervisors, part AMD SVM, by M. Kukri",
  title: "KVM ignores VM_CR.R_INIT and the #SX intercept: the application processor waits for a start-up IPI",
  date: "2021",
} as const;

/** Where KVM's SVM for guests differs from the manual. */
export const SVM_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/svm/features-offered",
    summary:
      "CPUID 8000_000AH offers only the features that this release of KVM virtualizes; decode assists and AVIC are never among them.",
    affects: ["cpuid.8000000a.edx"],
    confidence: "source",
    evidence: [...new Set(OFFERED_SVM_FEATURES.map(({ evidence }) => evidence))],
    when: onSvm,
    capabilities: {
      stage: "kernel-supported",
      apply: (profile, context) => {
        const { leaf, register } = CPUID_WORDS.leaf8000000AEdx;
        const offered = OFFERED_SVM_FEATURES.filter(({ since }) => since === undefined || context.atLeast(since));
        keepFeatures(
          profile,
          { leaf, subleaf: 0, register },
          offered.map(({ feature }) => feature),
        );
      },
    },
  }),
  defineQuirk({
    id: "kvm/svm/eight-asids",
    summary: "CPUID 8000_000AH says that there are 8 ASIDs and that SVM has revision 1.",
    affects: ["cpuid.8000000a.eax", "cpuid.8000000a.ebx"],
    confidence: "source",
    evidence: [kvmSource("cpuid.c", "__do_cpuid_func")],
    when: onSvm,
    capabilities: {
      stage: "kernel-supported",
      apply: (profile) => {
        profile.setCpuid(SVM_LEAF, 0, "eax", 1);
        profile.setCpuid(SVM_LEAF, 0, "ebx", ASIDS);
      },
    },
  }),
  defineQuirk({
    id: "kvm/svm/init-not-redirected",
    summary: "VM_CR.R_INIT is kept and has no effect: an INIT resets the virtual processor and never becomes #SX.",
    affects: ["VM_CR", "vmexit.sx"],
    confidence: "source",
    evidence: [kvmSource("svm/svm.c", "svm_set_vm_cr"), SEED],
    when: onSvm,
    policy: { svm: { redirectsInit: false } },
  }),
  defineQuirk({
    id: "kvm/svm/init-keeps-nested-paging",
    summary:
      "An INIT resets a virtual processor in guest mode without its leaving guest mode: after the start-up IPI its memory is still behind L1's nested page tables.",
    affects: ["init", "npt"],
    until: "6.1",
    confidence: "inferred",
    evidence: [linuxCommit("ed129ec9057f", "KVM: x86: forcibly leave nested mode on vCPU reset")],
    when: onSvm,
    policy: { svm: { initLeavesGuestMode: false } },
  }),
  defineQuirk({
    id: "kvm/svm/nested-paging-without-cpuid",
    summary: "VMRUN accepts nested paging, which then works, whether CPUID offers it to L1 or not.",
    affects: ["vmrun", "npt"],
    confidence: "source",
    evidence: [kvmSource("svm/nested.c", "__nested_vmcb_check_controls")],
    when: onSvm,
    policy: { svm: { nestedPaging: "silicon" } },
  }),
  defineQuirk({
    id: "kvm/svm/gigabyte-nested-pages-by-cpuid",
    summary:
      "The size bit of a 1-GiB entry of nested page tables is reserved unless CPUID offers 1-GiB pages to L1, whatever the processor can do.",
    affects: ["npt", "vmexit.npf"],
    until: "5.14",
    confidence: "inferred",
    evidence: [
      linuxCommit("27de925044e1", "KVM: x86/mmu: Let guest use GBPAGES if supported in hardware and TDP is on"),
    ],
    when: onSvm,
    policy: { svm: { gigabytePages: "cpuid" } },
  }),
  defineQuirk({
    id: "kvm/svm/vm-cr-lock-without-effect",
    summary:
      "VM_CR.LOCK locks nothing until SVMDIS is 1, and a write that faults because EFER.SVME is 1 takes effect all the same.",
    affects: ["VM_CR"],
    confidence: "source",
    evidence: [kvmSource("svm/svm.c", "svm_set_vm_cr")],
    when: onSvm,
    policy: {
      svm: {
        writeVmCr: ({ low, high, old, svme }) => {
          if ((low & ~VM_CR_BITS) !== 0 || high !== 0) return { value: old, faults: true };
          const kept = (old & DISABLE) !== 0 ? LOCK_AND_DISABLE : 0;
          const value = (old & kept) | (low & ~kept);
          return { value, faults: (value & DISABLE) !== 0 && svme };
        },
      },
    },
  }),
  defineQuirk({
    id: "kvm/svm/vmrun-needs-host-save-area",
    summary: "VMRUN is #GP while VM_HSAVE_PA is 0.",
    affects: ["vmrun", "VM_HSAVE_PA"],
    confidence: "source",
    evidence: [kvmSource("svm/nested.c", "nested_svm_vmrun")],
    when: onSvm,
    policy: { svm: { needsHostSaveArea: true } },
  }),
];
