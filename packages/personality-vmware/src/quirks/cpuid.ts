import { type Evidence, hypervisorBit, hypervisorLeaf, type Quirk } from "@hvdiff/personality";

const HIGHEST_LEAF = 0x4000_0010;

/** The vendor's own page on detection, not looked at again for this record. */
const DETECTION: readonly Evidence[] = [
  {
    kind: "document",
    title: "VMware knowledge base 1009458, Mechanisms to determine if software is running in a VMware virtual machine",
    url: "https://kb.vmware.com/s/article/1009458",
  },
];

/** Guides for nested labs; the date is when they were looked at. */
const HIDING: readonly Evidence[] = [
  {
    kind: "report",
    where: "woshub.com and readmes of nested labs",
    title: "Hyper-V as a guest starts only with hypervisor.cpuid.v0 = FALSE, which hides the hypervisor-present bit",
    date: "2026-11-21",
  },
];

/** What VMware changes in CPUID, as third parties and its knowledge base tell. */
export const CPUID_QUIRKS: readonly Quirk[] = [
  hypervisorBit({ id: "vmware/cpuid/hypervisor-bit", confidence: "reported", evidence: HIDING }),
  hypervisorLeaf(
    { id: "vmware/cpuid/hypervisor-leaf", confidence: "assumed", evidence: DETECTION },
    { name: "VMwareVMware", highest: HIGHEST_LEAF },
  ),
];
