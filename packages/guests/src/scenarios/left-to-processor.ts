import type { Scenario } from "../scenario.ts";

export const leftToProcessor: Scenario = {
  id: "left-to-processor",
  title: "What the manual leaves to the processor",
  summary: "VMWRITE of reserved bits of access rights, and VM-entry MSR-load lists of 512 and of 513 entries.",
  image: "left-to-processor.elf",
  sdm: ['3C "Guest Register State"', '3D "Miscellaneous Data"'],
  needs: ["vmx"],
  tags: ["vmcs"],
  expect: ["vmx", "access-rights", "512-entries", "513-entries"],
};
