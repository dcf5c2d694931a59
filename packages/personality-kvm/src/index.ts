import type { Personality } from "@hvdiff/personality";
import { kvmMechanisms } from "./mechanisms.ts";
import { KVM_PARAMETERS } from "./parameters.ts";
import { CAPABILITY_CONTROL_QUIRKS } from "./quirks/capability-controls.ts";
import { CAPABILITY_MSR_QUIRKS } from "./quirks/capability-msrs.ts";
import { CPUID_QUIRKS } from "./quirks/cpuid.ts";
import { ENLIGHTENED_QUIRKS } from "./quirks/enlightened.ts";
import { EVENT_QUIRKS } from "./quirks/events.ts";
import { FOLLOW_CPUID_QUIRKS } from "./quirks/follow-cpuid.ts";
import { HYPERCALL_QUIRKS } from "./quirks/hypercalls.ts";
import { MIGRATION_QUIRKS } from "./quirks/migration.ts";
import { MODULE_PARAMETER_QUIRKS } from "./quirks/module-parameters.ts";
import { NESTED_POLICY_QUIRKS } from "./quirks/nested-policy.ts";
import { REGISTER_QUIRKS } from "./quirks/registers.ts";
import { SVM_QUIRKS } from "./quirks/svm.ts";
import { SVM_RUN_QUIRKS } from "./quirks/svm-run.ts";
import { refuseKvm } from "./refuse.ts";
import { KVM_RELEASES } from "./releases.ts";

/** KVM on Intel and AMD as an L0, at each mainline release since 4.14. Its VMM half is QEMU. */
export const kvm: Personality = {
  product: "kvm",
  title: "KVM",
  kind: "l0",
  basis: "source",
  vmm: "qemu",
  releases: KVM_RELEASES,
  parameters: KVM_PARAMETERS,
  quirks: [
    ...CPUID_QUIRKS,
    ...CAPABILITY_CONTROL_QUIRKS,
    ...CAPABILITY_MSR_QUIRKS,
    ...MODULE_PARAMETER_QUIRKS,
    ...FOLLOW_CPUID_QUIRKS,
    ...NESTED_POLICY_QUIRKS,
    ...HYPERCALL_QUIRKS,
    ...EVENT_QUIRKS,
    ...ENLIGHTENED_QUIRKS,
    ...REGISTER_QUIRKS,
    ...MIGRATION_QUIRKS,
    ...SVM_QUIRKS,
    ...SVM_RUN_QUIRKS,
  ],
  mechanisms: kvmMechanisms,
  refuse: refuseKvm,
};
