import type { Scenario } from "../scenario.ts";

export const sxInitRedirect: Scenario = {
  id: "sx-init-redirect",
  title: "INIT redirected to #SX in guest mode",
  summary:
    "A second processor sets VM_CR.R_INIT, intercepts #SX and runs a guest; the first sends it INIT and a start-up IPI, and says whether it left its guest by #VMEXIT 0x5E or was reset.",
  image: "sx-init-redirect.elf",
  sdm: [],
  apm: ['2 "VM_CR MSR (C001_0114h)"', '2 "Security Exception (#SX)"', '2 "INIT Intercept"'],
  needs: ["svm"],
  processors: 2,
  tags: ["S1", "init", "multiprocessor"],
  expect: ["svm", "processors", "r-init", "after-init", "after-sipi"],
};
