import type { Personality } from "@hvdiff/personality";
import { REGISTER_QUIRKS } from "./quirks.ts";
import { VIRTUALBOX_KVM_RELEASES } from "./releases.ts";
import { runLoop } from "./run-loop.ts";

/** VirtualBox on KVM, by Cyberus Technology, as the VMM half of a KVM column. It shows its guest what the kernel supports. */
export const virtualboxKvm: Personality = {
  product: "virtualbox-kvm",
  title: "VirtualBox with the KVM back end",
  kind: "vmm",
  basis: "documented",
  releases: VIRTUALBOX_KVM_RELEASES,
  parameters: [],
  models: ["host-model", "host"],
  flags: [],
  quirks: REGISTER_QUIRKS,
  vmmHalf: runLoop,
};
