import type { Scenario } from "../scenario.ts";

export const xsavesControl: Scenario = {
  id: "xsaves-control",
  title: "The control that XSAVES needs",
  summary:
    "L1 takes the secondary controls it wants as far as IA32_VMX_PROCBASED_CTLS2 allows, then runs two L2 probes: (a) uses XSAVES and XRSTORS if its CPUID has them, (b) executes them unconditionally.",
  image: "xsaves-control.elf",
  sdm: [
    '3D "Secondary Processor-Based VM-Execution Controls"',
    '3C "Changes to Instruction Behavior in VMX Non-Root Operation"',
    '2D "XSAVES—Save Processor Extended States Supervisor"',
  ],
  needs: ["vmx"],
  tags: ["S1", "xsave", "controls"],
  expect: ["vmx", "l1", "policy", "wanted-granted", "probe-a", "probe-b"],
};
