import type { Scenario } from "../scenario.ts";

export const cr4Crash: Scenario = {
  id: "cr4-crash",
  title: "A system that flushes its TLB by way of CR4",
  summary:
    "L1 owns CR4.VMXE and CR4.PGE and refuses VMXE with #GP. L2 reads CR4, toggles PGE and writes it back, as Windows does.",
  image: "cr4-crash.elf",
  sdm: [
    '3C "Guest/Host Masks and Read Shadows for CR0 and CR4"',
    '3C "Changes to Instruction Behavior in VMX Non-Root Operation"',
  ],
  needs: ["vmx"],
  tags: ["S0", "cr4", "schedules"],
  expect: ["vmx", "rounds", "l2"],
};
