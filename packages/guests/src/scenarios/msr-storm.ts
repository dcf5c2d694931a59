import type { Scenario } from "../scenario.ts";

export const msrStorm: Scenario = {
  id: "msr-storm",
  title: "RDMSR in L2, a hundred times",
  summary:
    "L2 reads IA32_KERNEL_GS_BASE a hundred times, which the MSR bitmap of L1 leaves to it. L1 keeps its VMCS as an enlightened one where CPUID recommends that. What it costs is asked by `hvdiff cost`.",
  image: "msr-storm.elf",
  sdm: ['3C "MSR-Bitmap Address"'],
  needs: ["vmx"],
  tags: ["S3", "cost", "evmcs"],
  expect: ["vmx", "enlightened", "exits", "end"],
};
