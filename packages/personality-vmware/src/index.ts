import type { Personality } from "@hvdiff/personality";
import { CAPABILITY_QUIRKS } from "./quirks/capabilities.ts";
import { CPUID_QUIRKS } from "./quirks/cpuid.ts";
import { VMWARE_RELEASES } from "./releases.ts";

/** VMware Workstation as an L0, as far as third parties have seen it; everything is reported or assumed. */
export const vmware: Personality = {
  product: "vmware",
  title: "VMware Workstation",
  kind: "l0",
  basis: "reported",
  releases: VMWARE_RELEASES,
  parameters: [],
  quirks: [...CPUID_QUIRKS, ...CAPABILITY_QUIRKS],
};
