import { defineQuirk, type Quirk, setLeaf } from "@hvdiff/personality";
import { specification } from "../evidence.ts";

const RECOMMENDATIONS = 0x4000_0004;
const NESTED_FEATURES = 0x4000_000a;
const RECOMMENDS_ENLIGHTENED_VMCS = 1 << 14;
/** Lowest and highest version: 1. */
const VERSIONS = 0x0101;
const MSR_BITMAP = 1 << 19;

/** The enlightened VMCS. How VMREAD, VMPTRLD and versions behave is what the specification says, which is `nested`'s default. */
export const ENLIGHTENED_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "hyperv/vmx/enlightened-vmcs",
    summary:
      "CPUID recommends the enlightened VMCS, and L1 may keep its VMCS as a page of its own memory instead of by VMREAD and VMWRITE.",
    affects: ["cpuid.40000004", "cpuid.4000000a", "vmlaunch", "vmresume", "vmread", "vmwrite", "wrmsr"],
    confidence: "documented",
    evidence: [specification("Nested Virtualization")],
    when: ({ silicon }) => silicon.vendor === "intel",
    policy: { enlightened: { offered: true } },
    capabilities: {
      stage: "vmm",
      apply(profile) {
        setLeaf(profile, { leaf: RECOMMENDATIONS }, [RECOMMENDS_ENLIGHTENED_VMCS, 0, 0, 0]);
        setLeaf(profile, { leaf: NESTED_FEATURES }, [VERSIONS, 0, 0, 0]);
      },
    },
  }),
  defineQuirk({
    id: "hyperv/vmx/enlightened-msr-bitmap",
    summary:
      "CPUID offers the enlightened MSR bitmap: where L1 uses it, L2's accesses to IA32_FS_BASE, IA32_GS_BASE and IA32_KERNEL_GS_BASE that L1 leaves to it do not exit.",
    affects: ["cpuid.4000000a"],
    confidence: "documented",
    evidence: [
      specification("Nested Virtualization, Enlightened MSR Bitmap"),
      {
        kind: "commit",
        repo: "torvalds/linux",
        commit: "ceef7d10dfb6",
        title: "KVM: x86: VMX: hyper-v: Enlightened MSR-Bitmap support",
      },
    ],
    when: ({ silicon }) => silicon.vendor === "intel",
    capabilities: {
      stage: "vmm-msrs",
      apply(profile) {
        profile.setCpuid(NESTED_FEATURES, 0, "eax", profile.cpuid(NESTED_FEATURES, 0, "eax") | MSR_BITMAP);
      },
    },
  }),
];
