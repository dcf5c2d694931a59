import type { Scenario } from "../scenario.ts";

export const repeatedInterrupt: Scenario = {
  id: "repeated-interrupt",
  title: "An interrupt that L1 leaves to L2",
  summary:
    "L1 does not take interrupts as exits, and another processor sends one while L1 or L2 runs: how often it comes.",
  image: "repeated-interrupt.elf",
  sdm: ['3A "Interrupt Acceptance for Fixed Interrupts"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor"],
  expect: ["vmx", "l2", "interrupts"],
};
