import type { Scenario } from "../scenario.ts";

export const sleepingL2: Scenario = {
  id: "sleeping-l2",
  title: "An L2 that waits for a posted interrupt",
  summary: "L2 waits with HLT for an interrupt that another processor posts to it: whether that wakes it.",
  image: "sleeping-l2.elf",
  sdm: ['3C "Posted-Interrupt Processing"', '3C "Virtual-Interrupt Delivery"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor", "apicv"],
  expect: ["vmx", "l2", "interrupts"],
};
