import type { Scenario } from "../scenario.ts";

export const initInRoot: Scenario = {
  id: "init-in-root",
  title: "An INIT for a processor in VMX root operation",
  summary:
    "The second processor is in VMX root operation when an INIT and a start-up IPI come, and leaves it later: where it has got to each time.",
  image: "init-in-root.elf",
  sdm: ['3C "Other Causes of VM Exits"', '3A "Multiple-Processor (MP) Initialization"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["events", "multiprocessor"],
  expect: ["vmx", "init", "startup", "vmxoff", "startup-again"],
};
