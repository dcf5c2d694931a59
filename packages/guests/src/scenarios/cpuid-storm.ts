import type { Scenario } from "../scenario.ts";

export const cpuidStorm: Scenario = {
  id: "cpuid-storm",
  title: "CPUID in L2, a hundred times",
  summary:
    "L2 executes CPUID a hundred times, and each is an exit to L1. L1 keeps its VMCS as an enlightened one where CPUID recommends that. What it costs is asked by `hvdiff cost`.",
  image: "cpuid-storm.elf",
  sdm: ['3C "Instructions That Cause VM Exits Unconditionally"'],
  needs: ["vmx"],
  tags: ["S3", "cost", "evmcs"],
  expect: ["vmx", "enlightened", "exits", "end"],
};
