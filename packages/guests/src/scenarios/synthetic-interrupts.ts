import type { Scenario } from "../scenario.ts";

export const syntheticInterrupts: Scenario = {
  id: "synthetic-interrupts",
  title: "Hyper-V's hypercalls, synthetic interrupts, timers and time",
  summary:
    "A guest that is no hypervisor uses Hyper-V's interface where CPUID says that it is there: an unknown hypercall, a source with a vector below 16, a timer's message, the page of the reference time.",
  image: "synthetic-interrupts.elf",
  sdm: ['3C "Instructions That Cause VM Exits Conditionally"'],
  needs: [],
  tags: ["hyper-v", "interrupts"],
  expect: ["unknown-hypercall", "source-with-vector-5", "timer", "time-page"],
};
