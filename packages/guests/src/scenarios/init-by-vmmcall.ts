import type { Scenario } from "../scenario.ts";

export const initByVmmcall: Scenario = {
  id: "init-by-vmmcall",
  title: "INITs of a guest seen without #SX",
  summary:
    "L1 intercepts its guest's writes of the local APIC by nested paging, and a second processor that polls a flag in a guest of its own leaves that by VMMCALL: the way around an L0 that does not redirect INIT.",
  image: "init-by-vmmcall.elf",
  sdm: [],
  apm: ['2 "Nested Paging"', '2 "INIT Intercept"'],
  needs: ["svm", "npt"],
  processors: 2,
  tags: ["S1", "init", "multiprocessor"],
  expect: ["svm", "npt", "processors", "after-init", "after-sipi", "apic-writes"],
};
