import type { Scenario } from "../scenario.ts";

export const svmInstructions: Scenario = {
  id: "svm-instructions",
  title: "SVM at its edges",
  summary: "What VMMCALL without an intercept, VMRUN without a host save area, and VM_CR with its lock do in L1.",
  image: "svm-instructions.elf",
  sdm: [],
  apm: ['2 "VM_CR MSR (C001_0114h)"', '2 "VMMCALL Instruction"', '2 "VMRUN Instruction"'],
  needs: ["svm"],
  tags: ["svm"],
  expect: [
    "svm",
    "vmmcall-in-l1",
    "vmrun",
    "vmrun-without-host-save-area",
    "vm-cr-lock",
    "vm-cr-unlock",
    "vm-cr-svmdis",
  ],
};
