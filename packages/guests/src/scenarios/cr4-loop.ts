import type { Scenario } from "../scenario.ts";

export const cr4Loop: Scenario = {
  id: "cr4-loop",
  title: "CR4 read back in a loop",
  summary:
    "L1 owns CR4.VMXE and hides it. L2 toggles CR4.PGE and rewrites CR3, and looks each time whether CR4 is still what it has written.",
  image: "cr4-loop.elf",
  sdm: [
    '3C "Guest/Host Masks and Read Shadows for CR0 and CR4"',
    '3C "Changes to Instruction Behavior in VMX Non-Root Operation"',
  ],
  needs: ["vmx"],
  tags: ["S0", "cr4", "schedules"],
  expect: ["vmx", "rounds", "cr4"],
};
