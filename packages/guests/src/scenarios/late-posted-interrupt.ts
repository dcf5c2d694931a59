import type { Scenario } from "../scenario.ts";

export const latePostedInterrupt: Scenario = {
  id: "late-posted-interrupt",
  title: "A posted interrupt that comes while L2 is entered",
  summary:
    "Another processor posts an interrupt to an L2 that leaves often, and then not any more: whether L2 gets it.",
  image: "late-posted-interrupt.elf",
  sdm: ['3C "Posted-Interrupt Processing"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor", "apicv"],
  expect: ["vmx", "l2", "interrupt"],
};
