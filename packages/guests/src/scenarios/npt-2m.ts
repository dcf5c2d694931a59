import type { Scenario } from "../scenario.ts";

export const npt2m: Scenario = {
  id: "npt-2m",
  title: "An identity map of 2-MiB nested pages",
  summary:
    "The same L1 as npt-1g with nested page tables made of 2-MiB pages, which work wherever nested paging does; a second gibibyte that is mapped onto the first shows whether it was on.",
  image: "npt-2m.elf",
  sdm: [],
  apm: ['2 "Nested Paging"'],
  needs: ["svm"],
  tags: ["S1", "npt"],
  expect: ["svm", "npt", "gigabyte-pages", "run", "nested-page-faults", "identity", "window"],
};
