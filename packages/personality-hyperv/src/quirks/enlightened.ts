import { type CapabilityRule, defineQuirk, type Quirk, setLeaf } from "@hvdiff/personality";
import { EVMCS_VERSION } from "@hvdiff/spec";
import { type PointerCheck, VMXON_POINTER_CHECKS } from "@hvdiff/vmx";
import { specification } from "../evidence.ts";

const RECOMMENDATIONS = 0x4000_0004;
const NESTED_FEATURES = 0x4000_000a;
const RECOMMENDS_ENLIGHTENED_VMCS = 1 << 14;
/** Lowest and highest version: 1. */
const VERSIONS = 0x0101;
const DIRECT_VIRTUAL_FLUSH = 1 << 17;
const GUEST_PHYSICAL_FLUSH = 1 << 18;
const MSR_BITMAP = 1 << 19;

/** One more of the nested features that CPUID tells. */
function offers(feature: number): CapabilityRule {
  return {
    stage: "vmm-msrs",
    apply(profile) {
      profile.setCpuid(NESTED_FEATURES, 0, "eax", profile.cpuid(NESTED_FEATURES, 0, "eax") | feature);
    },
  };
}

const FOUR_GIB = 0x1_0000_0000;

/** The architecture's checks, with the version of enlightened VMCSs as good as the revision. */
const VMXON_TAKES_VERSION: readonly PointerCheck[] = VMXON_POINTER_CHECKS.map((check) =>
  check.id !== "vmxon.revision"
    ? check
    : {
        ...check,
        violated: (env, lo, hi) =>
          env.readRevision((lo >>> 0) + (hi >>> 0) * FOUR_GIB) !== EVMCS_VERSION && check.violated(env, lo, hi),
      },
);

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
    id: "hyperv/vmx/vmxon-takes-evmcs-version",
    summary: "A VMXON region may begin with the version of enlightened VMCSs instead of the VMCS revision.",
    affects: ["vmxon"],
    confidence: "inferred",
    evidence: [
      {
        kind: "commit",
        repo: "torvalds/linux",
        commit: "773e8a0425c9",
        title: "x86/kvm: use Enlightened VMCS when running on Hyper-V",
      },
    ],
    when: ({ silicon }) => silicon.vendor === "intel",
    policy: { vmxInstructions: { vmxonPointerChecks: VMXON_TAKES_VERSION } },
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
    capabilities: offers(MSR_BITMAP),
  }),
  defineQuirk({
    id: "hyperv/vmx/direct-virtual-flush",
    summary:
      "CPUID offers direct virtual flush: where L1 asks for it, hypercalls of L2 that flush its TLB do not exit to L1; if L1 holds the TLB's lock, it is told by an exit with reason 1000_0031H.",
    affects: ["cpuid.4000000a", "vmcall"],
    confidence: "documented",
    evidence: [specification("Nested Virtualization, Direct Virtual Flush")],
    when: ({ silicon }) => silicon.vendor === "intel",
    policy: { enlightened: { flushesForL2: true } },
    capabilities: offers(DIRECT_VIRTUAL_FLUSH),
  }),
  defineQuirk({
    id: "hyperv/vmx/guest-physical-flush",
    summary:
      "CPUID offers the hypercalls that flush what L1's EPT gives, HvCallFlushGuestPhysicalAddressSpace and …List, in place of INVEPT.",
    affects: ["cpuid.4000000a", "vmcall"],
    confidence: "documented",
    evidence: [specification("HvCallFlushGuestPhysicalAddressSpace")],
    when: ({ silicon }) => silicon.vendor === "intel",
    policy: { enlightened: { hypercalls: true, flushesGuestPhysical: true } },
    capabilities: offers(GUEST_PHYSICAL_FLUSH),
  }),
];
