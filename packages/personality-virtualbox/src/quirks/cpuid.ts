import { defineQuirk, hideFeatures, hypervisorBit, hypervisorLeaf, type Quirk, setLeaf } from "@hvdiff/personality";
import { CPUID_SOURCE } from "../evidence.ts";

const XSAVE_LEAF = 0xd;
const HIGHEST_HYPERVISOR_LEAF = 0x4000_0001;
const HIGHEST_HYPERV_LEAF = 0x4000_0006;

/** What VirtualBox changes in CPUID. */
export const CPUID_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox/cpuid/leaf-0dh-1-zeroed",
    summary: "CPUID.(0DH,1) is all 0: XSAVEOPT, XSAVEC, XGETBV with ECX=1 and XSAVES are not offered.",
    affects: ["cpuid.d.1.eax"],
    confidence: "source",
    evidence: [CPUID_SOURCE],
    capabilities: {
      stage: "vmm",
      apply: (profile) => setLeaf(profile, { leaf: XSAVE_LEAF, subleaf: 1 }, [0, 0, 0, 0]),
    },
  }),
  defineQuirk({
    id: "virtualbox/cpuid/no-1g-pages",
    summary: "CPUID does not offer 1-GiB pages.",
    affects: ["cpuid.80000001.edx"],
    confidence: "source",
    evidence: [CPUID_SOURCE],
    capabilities: { stage: "vmm", apply: (profile) => hideFeatures(profile, "pdpe1gb") },
  }),
  hypervisorBit({
    id: "virtualbox/cpuid/hypervisor-bit",
    confidence: "source",
    evidence: [CPUID_SOURCE],
    when: (context) => context.parameter("paravirt-provider") !== "none",
  }),
  hypervisorLeaf(
    {
      id: "virtualbox/cpuid/kvm-provider-leaf",
      confidence: "assumed",
      evidence: [CPUID_SOURCE],
      when: (context) => context.parameter("paravirt-provider") === "kvm",
    },
    { name: "KVMKVMKVM", highest: HIGHEST_HYPERVISOR_LEAF },
  ),
  hypervisorLeaf(
    {
      id: "virtualbox/cpuid/hyperv-provider-leaf",
      confidence: "source",
      evidence: [CPUID_SOURCE],
      when: (context) => context.parameter("paravirt-provider") === "hyperv",
    },
    { name: "VBoxVBoxVBox", highest: HIGHEST_HYPERV_LEAF },
  ),
];
