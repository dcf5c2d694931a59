import type { Scenario } from "../scenario.ts";

export const steppedOutput: Scenario = {
  id: "stepped-output",
  title: "Single steps while interrupts come",
  summary:
    "L2 is single-stepped through OUTs under an L1 that takes interrupts and leaves the traps to L2: how many it gets.",
  image: "stepped-output.elf",
  sdm: ['3B "Single-Step Exception Condition"', '3A "Prioritization of Concurrent Events"'],
  needs: ["vmx"],
  tags: ["S3", "events"],
  expect: ["vmx", "l2", "traps"],
};
