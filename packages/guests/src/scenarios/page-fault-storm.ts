import type { Scenario } from "../scenario.ts";

export const pageFaultStorm: Scenario = {
  id: "page-fault-storm",
  title: "Page faults of L2, a hundred times",
  summary:
    "L2 touches a hundred pages that are not mapped, and the exception bitmap of L1 makes each #PF an exit. L1 keeps its VMCS as an enlightened one where CPUID recommends that. What it costs is asked by `hvdiff cost`.",
  image: "page-fault-storm.elf",
  sdm: ['3C "Exception Bitmap"'],
  needs: ["vmx"],
  tags: ["S3", "cost", "evmcs"],
  expect: ["vmx", "enlightened", "exits", "end"],
};
