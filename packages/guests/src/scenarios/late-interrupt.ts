import type { Scenario } from "../scenario.ts";

export const lateInterrupt: Scenario = {
  id: "late-interrupt",
  title: "An interrupt that comes while L2 is entered",
  summary:
    "Another processor sends an interrupt to L1 while an L2 runs that leaves now and then, and then not any more: whether the interrupt ends its run.",
  image: "late-interrupt.elf",
  sdm: ['3C "Other Causes of VM Exits"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor"],
  expect: ["vmx", "interrupt"],
};
