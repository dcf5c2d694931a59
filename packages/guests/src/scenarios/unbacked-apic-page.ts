import type { Scenario } from "../scenario.ts";

export const unbackedApicPage: Scenario = {
  id: "unbacked-apic-page",
  title: "An APIC-access page where no memory is",
  summary: "L1 names an address that nothing backs as its APIC-access page, and L2 reads there.",
  image: "unbacked-apic-page.elf",
  sdm: ['3C "Virtualizing Memory-Mapped APIC Accesses"'],
  needs: ["vmx"],
  tags: ["vmcs"],
  expect: ["vmx", "hole", "access"],
};
