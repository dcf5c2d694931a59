import type { Scenario } from "../scenario.ts";

export const waitingTimes: Scenario = {
  id: "waiting-times",
  title: "Two timers twice, and an injected INT",
  summary:
    "The local APIC's timer and the VMX-preemption timer run twice with the same count, and L1 injects a software interrupt: whether both times are as long, and how often L2 executes the INT.",
  image: "waiting-times.elf",
  sdm: ['3A "APIC Timer"', '3C "VMX-Preemption Timer"', '3C "VM-Entry Controls for Event Injection"'],
  needs: ["vmx"],
  tags: ["vmcs", "exits"],
  expect: ["apic-timer", "vmx", "preemption-timer", "injected-int"],
};
