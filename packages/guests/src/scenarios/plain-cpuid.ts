import type { Scenario } from "../scenario.ts";

export const plainCpuid: Scenario = {
  id: "plain-cpuid",
  title: "CPUID in a plain guest, twenty times",
  summary:
    "A guest that is no hypervisor executes CPUID twenty times, each an exit. What one costs below how many hypervisors is asked by `hvdiff cost`.",
  image: "plain-cpuid.elf",
  sdm: ['3C "Instructions That Cause VM Exits Unconditionally"'],
  needs: [],
  tags: ["S3", "cost"],
  expect: ["cpuid"],
};
