import type { Personality } from "@hvdiff/personality";
import { refuseVirtualbox, VIRTUALBOX_PARAMETERS } from "./parameters.ts";
import { CAPABILITY_CONTROL_QUIRKS } from "./quirks/capability-controls.ts";
import { CAPABILITY_MSR_QUIRKS, EPT_QUIRKS } from "./quirks/capability-msrs.ts";
import { CPUID_QUIRKS } from "./quirks/cpuid.ts";
import { ENTRY_CHECK_QUIRKS } from "./quirks/entry-checks.ts";
import { NESTED_POLICY_QUIRKS } from "./quirks/nested-policy.ts";
import { SVM_QUIRKS } from "./quirks/svm.ts";
import { VIRTUALBOX_RELEASES } from "./releases.ts";

/** VirtualBox's own engine on Intel and AMD as an L0, with nested hardware virtualization switched on for the machine. */
export const virtualbox: Personality = {
  product: "virtualbox",
  title: "VirtualBox",
  kind: "l0",
  basis: "source",
  releases: VIRTUALBOX_RELEASES,
  parameters: VIRTUALBOX_PARAMETERS,
  quirks: [
    ...CPUID_QUIRKS,
    ...CAPABILITY_CONTROL_QUIRKS,
    ...CAPABILITY_MSR_QUIRKS,
    ...EPT_QUIRKS,
    ...ENTRY_CHECK_QUIRKS,
    ...NESTED_POLICY_QUIRKS,
    ...SVM_QUIRKS,
  ],
  refuse: refuseVirtualbox,
};
