import type { Scenario } from "../scenario.ts";

export const lostIpi: Scenario = {
  id: "lost-ipi",
  title: "An IPI that comes while an event is delivered",
  summary:
    "Another processor sends an IPI to L1 while L1 injects an interrupt into an L2 whose stack is not mapped yet, and L1 waits for the IPI behind the next exit: whether it comes.",
  image: "lost-ipi.elf",
  sdm: ['3C "VM Exits During Event Injection"', '3C "External-Interrupt Exiting"'],
  needs: ["vmx", "ept"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor"],
  expect: ["vmx", "l2", "ipi"],
};
