import { type ColumnSpec, compareVersions, type Parameter } from "@hvdiff/personality";

const SWITCH: readonly string[] = ["0", "1"];
const EPT_SINCE = "7.0";

/** Settings of a virtual machine that change what L1 is offered. */
export const VIRTUALBOX_PARAMETERS: readonly Parameter[] = [
  {
    name: "nested-ept",
    summary: "Offer EPT and unrestricted guests to L1; a build with the instruction recompiler offers neither.",
    defaultFor: (version) => (compareVersions(version, EPT_SINCE) >= 0 ? "1" : "0"),
    values: SWITCH,
  },
  {
    name: "nested-preemption-timer",
    summary: "Offer the VMX-preemption timer to L1.",
    defaultFor: () => "0",
    values: SWITCH,
  },
  {
    name: "paravirt-provider",
    summary: "Which hypervisor CPUID names; the default is that of a Linux guest.",
    defaultFor: () => "kvm",
    values: ["none", "kvm", "hyperv"],
  },
];

/** Why VirtualBox would not start a column; undefined if it would. */
export function refuseVirtualbox({ version, parameters }: ColumnSpec): string | undefined {
  if (parameters.get("nested-ept") === "1" && compareVersions(version, EPT_SINCE) < 0)
    return `virtualbox@${version} has no nested EPT; it came with ${EPT_SINCE}`;
  return undefined;
}
