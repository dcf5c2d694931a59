import { defineQuirk, type Evidence, keepFeatures, onSvm, type Quirk } from "@hvdiff/personality";
import { CPUID_WORDS, VMCB_FIELDS } from "@hvdiff/spec";
import { CPUID_SOURCE } from "../evidence.ts";

const SVM_LEAF = 0x8000_000a;
const ASIDS = 0x8000;
const LOCK = 8;
const RESERVED = ~0x1f;
/** DPD, R_INIT, DIS_A20M. */
const REFUSED = 7;

const MSRS: Evidence = {
  kind: "source",
  repo: "VirtualBox/virtualbox",
  path: "src/VBox/VMM/VMMAll/CPUMAllMsrs.cpp",
  commit: "25bf3b0",
};

/** Emulation of the SVM instructions. */
const IEM_SVM: Evidence = {
  kind: "source",
  repo: "VirtualBox/virtualbox",
  path: "src/VBox/VMM/VMMAll/IEMAllCImplSvmInstr.cpp",
  commit: "4908d8d",
};
const PAGE_OFFSET = 0xfff;

/** What VirtualBox's own engine makes of SVM for its guests. */
export const SVM_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox/svm/features-offered",
    summary:
      "CPUID 8000_000AH offers next-RIP save, flush by ASID and decode assists at most: there is no nested paging, and its enable bit is ignored.",
    affects: ["cpuid.8000000a.edx", "npt"],
    confidence: "source",
    evidence: [CPUID_SOURCE],
    when: onSvm,
    capabilities: {
      stage: "vmm",
      apply: (profile) => {
        const { leaf, register } = CPUID_WORDS.leaf8000000AEdx;
        keepFeatures(profile, { leaf, subleaf: 0, register }, ["nrip-save", "flushbyasid", "decodeassists"]);
      },
    },
  }),
  defineQuirk({
    id: "virtualbox/svm/asids",
    summary: "CPUID 8000_000AH says that there are 32768 ASIDs and that SVM has revision 1.",
    affects: ["cpuid.8000000a.eax", "cpuid.8000000a.ebx"],
    confidence: "source",
    evidence: [CPUID_SOURCE],
    when: onSvm,
    capabilities: {
      stage: "vmm",
      apply: (profile) => {
        profile.setCpuid(SVM_LEAF, 0, "eax", 1);
        profile.setCpuid(SVM_LEAF, 0, "ebx", ASIDS);
      },
    },
  }),
  defineQuirk({
    id: "virtualbox/svm/permission-maps-on-page-boundaries",
    summary:
      "VMRUN fails if the address of a permission map has any of bits 11 to 0 set, which the architecture ignores.",
    affects: ["vmrun"],
    confidence: "source",
    evidence: [IEM_SVM],
    when: onSvm,
    policy: {
      addedVmrunChecks: [VMCB_FIELDS.iopmBasePa, VMCB_FIELDS.msrpmBasePa].map(({ offset }) => ({
        id: "virtualbox-permission-map-unaligned",
        apm: '2 "Canonicalization and Consistency Checks"',
        violated: ({ vmcb }) => (vmcb.lo(offset) & PAGE_OFFSET) !== 0,
      })),
    },
  }),
  defineQuirk({
    id: "virtualbox/svm/vm-cr-locked",
    summary:
      "VM_CR reads as LOCK and nothing else; writing DPD, R_INIT or DIS_A20M is #GP, so that no INIT is ever redirected.",
    affects: ["VM_CR", "vmexit.sx"],
    confidence: "source",
    evidence: [MSRS],
    when: onSvm,
    policy: {
      svm: {
        initialVmCr: LOCK,
        writeVmCr: ({ low, old }) => ({ value: old, faults: (low & (RESERVED | REFUSED)) !== 0 }),
      },
    },
  }),
];
