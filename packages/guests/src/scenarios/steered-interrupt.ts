import type { Scenario } from "../scenario.ts";

export const steeredInterrupt: Scenario = {
  id: "steered-interrupt",
  title: "A level-triggered interrupt that gets another vector",
  summary:
    "Another processor gives a level-triggered interrupt of a device another vector while L1 or L2 runs, and then the device interrupts twice: how often L1 is interrupted.",
  image: "steered-interrupt.elf",
  sdm: ['3A "EOI Broadcast Suppression"', '3A "Handling Interrupts"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor", "apicv"],
  expect: ["vmx", "interrupts"],
};
