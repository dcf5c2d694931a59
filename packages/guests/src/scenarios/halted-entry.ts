import type { Scenario } from "../scenario.ts";

export const haltedEntry: Scenario = {
  id: "halted-entry",
  title: "An interrupt for an L2 that is entered halted",
  summary:
    "L1 enters an L2 in the activity state HLT and injects an external interrupt with the same entry, which alone can end the HLT.",
  image: "halted-entry.elf",
  sdm: ['3C "VM-Entry Activity State"', '3C "Event Injection"'],
  needs: ["vmx"],
  tags: ["S3", "events"],
  expect: ["vmx", "entry", "interrupt"],
};
