import type { Scenario } from "../scenario.ts";

export const initByVmmcallUnchecked: Scenario = {
  id: "init-by-vmmcall-unchecked",
  title: "INITs of a guest seen without #SX, unchecked",
  summary:
    "The same without a look at CPUID: where an L0 has no nested paging, the guest's INIT resets the second processor.",
  image: "init-by-vmmcall-unchecked.elf",
  sdm: [],
  apm: ['2 "Nested Paging"', '2 "INIT Intercept"'],
  needs: ["svm"],
  processors: 2,
  tags: ["S1", "init", "multiprocessor"],
  expect: ["svm", "npt", "processors", "after-init", "after-sipi", "apic-writes"],
};
