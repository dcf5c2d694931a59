import type { Personality } from "@hvdiff/personality";

/**
 * HVX of Ravello, later Oracle Ravello: a hypervisor that runs its guest by binary translation. What is public about it is that, and two
 * ratios; so it has no quirks, and shows its guest the silicon's processor.
 */
export const hvx: Personality = {
  product: "hvx",
  title: "Ravello HVX",
  kind: "l0",
  basis: "reported",
  releases: [{ version: "2018", date: "2018-10-25" }],
  parameters: [],
  quirks: [],
  translates: {
    published:
      "KVM Forum 2018, Improving KVM x86 nested virtualization: with HVX instead of KVM between two KVMs netperf was about 4 times better, sysbench about 2 times",
  },
};
