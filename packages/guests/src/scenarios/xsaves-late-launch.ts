import type { Scenario } from "../scenario.ts";

export const xsavesLateLaunch: Scenario = {
  id: "xsaves-late-launch",
  title: "XSAVES in a task switch that becomes L2 while it runs",
  summary:
    "Two tasks are switched by the timer with XSAVES where CPUID offers it; then the running system turns itself into L2, and the next switch happens under whatever controls L1 was granted.",
  image: "xsaves-late-launch.elf",
  sdm: [
    '3D "Secondary Processor-Based VM-Execution Controls"',
    '3C "Changes to Instruction Behavior in VMX Non-Root Operation"',
    '3C "VMLAUNCH/VMRESUME—Launch/Resume Virtual Machine"',
  ],
  needs: ["vmx"],
  tags: ["S1", "xsave", "interrupts"],
  expect: ["switch-method", "before-launch", "vmx", "granted", "after-launch"],
};
