import type { Scenario } from "../scenario.ts";

export const strayException: Scenario = {
  id: "stray-exception",
  title: "An exception of L2 when an interrupt ends its run",
  summary:
    "L2 reads an MSR that does not exist while another processor sends an interrupt to L1: which level gets the exception.",
  image: "stray-exception.elf",
  sdm: ['3C "Other Causes of VM Exits"', '3A "Priority Among Concurrent Events"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor"],
  expect: ["vmx", "l1", "l2"],
};
