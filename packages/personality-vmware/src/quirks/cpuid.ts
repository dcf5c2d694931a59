import { type Evidence, hypervisorBit, hypervisorLeaf, type Quirk } from "@hvdiff/personality";

const HIGHEST_LEAF = 0x4000_0010;

const DETECTION: readonly Evidence[] = [
  {
    kind: "report",
    where: "VMware knowledge base 1009458",
    title: "Mechanisms to determine if software is running in a VMware virtual machine",
    date: "2015-05-01",
  },
];

/** What VMware changes in CPUID, as third parties and its knowledge base tell. */
export const CPUID_QUIRKS: readonly Quirk[] = [
  hypervisorBit({ id: "vmware/cpuid/hypervisor-bit", confidence: "reported", evidence: DETECTION }),
  hypervisorLeaf(
    { id: "vmware/cpuid/hypervisor-leaf", confidence: "reported", evidence: DETECTION },
    { name: "VMwareVMware", highest: HIGHEST_LEAF },
  ),
];
