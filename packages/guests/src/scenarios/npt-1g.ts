import type { Scenario } from "../scenario.ts";

export const npt1g: Scenario = {
  id: "npt-1g",
  title: "An identity map of 1-GiB nested pages",
  summary:
    "L2 runs on nested page tables made of 1-GiB pages, which L1 uses without asking CPUID; where the L0 holds their size bit reserved it meets the same nested page fault for ever, and where nested paging is not really on the second gibibyte shows it.",
  image: "npt-1g.elf",
  sdm: [],
  apm: ['2 "Nested Paging"', '2 "1-Gbyte Page Translation"'],
  needs: ["svm"],
  tags: ["S1", "npt"],
  expect: ["svm", "npt", "gigabyte-pages", "run", "nested-page-faults", "identity", "window"],
};
