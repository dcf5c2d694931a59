import type { Scenario } from "../scenario.ts";

export const vmcs12Memory: Scenario = {
  id: "vmcs12-memory",
  title: "What lies in the page of a VMCS",
  summary:
    "Plain stores and loads in the page of a VMCS while it is current, after VMCLEAR, VMPTRLD of another and VMXOFF, and a store of another processor before VMLAUNCH: what VMREAD and L2 see of them.",
  image: "vmcs12-memory.elf",
  sdm: [
    '3C "Software Use of the VMCS and Related Structures"',
    '3C "VMCLEAR—Clear Virtual-Machine Control Structure"',
    '3C "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"',
  ],
  needs: ["vmx"],
  processors: 2,
  tags: ["S2", "vmcs", "multiprocessor"],
  expect: [
    "vmx",
    "vmwrite",
    "vmclear",
    "store-while-current.vmread",
    "store-while-current.vmclear",
    "store-while-clear.vmread",
    "store-before-same-vmptrld.vmread",
    "another-vmptrld",
    "another-vmptrld.back",
    "vmxoff",
    "vmxoff.vmread",
    "vmptrld.many",
    "tampered",
    "tampered.rsp",
  ],
};
