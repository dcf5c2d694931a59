import type { Scenario } from "../scenario.ts";

export const hypercalls: Scenario = {
  id: "hypercalls",
  title: "KVM's hypercalls",
  summary:
    "A guest that is no hypervisor makes KVM's hypercalls, whether CPUID announces them or not: an unknown one, a poll, a wake-up of itself, clock pairing, interrupts to a set of local APICs, giving way.",
  image: "hypercalls.elf",
  sdm: ['3C "VMCALL—Call to VM Monitor"'],
  needs: [],
  tags: ["interrupts"],
  expect: [
    "unknown",
    "poll",
    "wake-itself",
    "pair-clocks",
    "pair-other-clock",
    "send-to-itself",
    "send-to-nobody",
    "send-with-shorthand",
    "give-way",
  ],
};
