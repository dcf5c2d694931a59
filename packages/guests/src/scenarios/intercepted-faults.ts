import type { Scenario } from "../scenario.ts";

export const interceptedFaults: Scenario = {
  id: "intercepted-faults",
  title: "CR2 and DR6 behind exceptions that L1 takes",
  summary:
    "L1 takes a page fault and a single-step trap of L2 as exits, of instructions that an L0 may do itself: what CR2 and DR6 have then.",
  image: "intercepted-faults.elf",
  sdm: ['3C "Saving Guest State"', '3C "Basic VM-Exit Information"'],
  needs: ["vmx"],
  tags: ["S3", "events", "exits"],
  expect: ["vmx", "page-fault", "single-step"],
};
