import type { Scenario } from "../scenario.ts";

export const exitMix: Scenario = {
  id: "exit-mix",
  title: "VMX instructions in a published proportion",
  summary:
    "L1 replays in proportion the VMX instructions that were once counted below VMware with Windows as its guest: 100 world switches with 2752 VMREADs, 1174 VMWRITEs and 900 others, a few of fields that do not exist. What it costs is asked by `hvdiff cost`.",
  image: "exit-mix.elf",
  sdm: ['3C "VMCS Shadowing"', '3C "VMREAD—Read Field from Virtual-Machine Control Structure"'],
  needs: ["vmx"],
  tags: ["S2", "cost", "vmread"],
  expect: ["vmx", "exits", "failed-accesses"],
};
