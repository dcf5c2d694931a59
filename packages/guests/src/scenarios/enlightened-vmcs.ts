import type { Scenario } from "../scenario.ts";

export const enlightenedVmcs: Scenario = {
  id: "enlightened-vmcs",
  title: "A VMCS that is a page of L1's memory",
  summary:
    "L1 runs the same L2 from an enlightened VMCS where CPUID recommends one and from an ordinary VMCS where it does not, and says what VMREAD and VMWRITE do then, which versions are taken, and whether a change in a group marked clean is seen.",
  image: "enlightened-vmcs.elf",
  sdm: ['3C "VMREAD—Read Field from Virtual-Machine Control Structure"', '3C "VM Entries"'],
  needs: ["vmx"],
  tags: ["S3", "evmcs", "vmread"],
  expect: [
    "vmx",
    "pin-controls",
    "secondary-controls",
    "enlightened",
    "l2",
    "stack-pointer",
    "vmread",
    "vmread.pml-address",
    "vmwrite",
    "vmxoff",
  ],
};
