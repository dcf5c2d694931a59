import type { Scenario } from "../scenario.ts";

export const emulatedSteps: Scenario = {
  id: "emulated-steps",
  title: "Traps behind instructions that an L0 may do itself",
  summary:
    "L2 executes WBINVD and OUT under TF behind a MOV SS that has met a breakpoint, and OUT under the monitor trap flag: what L1 is told of, and when.",
  image: "emulated-steps.elf",
  sdm: ['3C "Pending Debug Exceptions"', '3C "Monitor Trap Flag"'],
  needs: ["vmx"],
  tags: ["vmcs", "exits"],
  expect: ["vmx", "wbinvd", "out", "monitor-trap"],
};
