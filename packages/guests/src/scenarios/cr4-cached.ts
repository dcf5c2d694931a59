import type { Scenario } from "../scenario.ts";

export const cr4Cached: Scenario = {
  id: "cr4-cached",
  title: "The same with a copy of CR4",
  summary:
    "As cr4-crash, but L2 writes CR4 from a copy in memory and never reads it, as Linux does: the negative control.",
  image: "cr4-cached.elf",
  sdm: [
    '3C "Guest/Host Masks and Read Shadows for CR0 and CR4"',
    '3C "Changes to Instruction Behavior in VMX Non-Root Operation"',
  ],
  needs: ["vmx"],
  tags: ["S0", "cr4", "schedules"],
  expect: ["vmx", "rounds", "l2"],
};
