import type { Scenario } from "../scenario.ts";

export const enlightenedVmptrld: Scenario = {
  id: "enlightened-vmptrld",
  title: "VMPTRLD while an enlightened VMCS is active",
  summary:
    "L1 has run L2 from an enlightened VMCS where CPUID recommends one, and goes back to an ordinary VMCS without clearing it.",
  image: "enlightened-vmptrld.elf",
  sdm: ['3C "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"'],
  needs: ["vmx"],
  tags: ["S3", "evmcs", "vmptrld"],
  expect: ["vmx", "l2", "vmptrld", "vmread", "vmxoff"],
};
