export type { Mechanisms, ShadowedFields } from "@hvdiff/nested";
export { activeQuirks, productOfQuirk, type QuirkOverrides, quirkActive } from "./active-quirks.ts";
export { buildGuestModel, buildGuestProfile } from "./build-guest-model.ts";
export {
  clearMsrFields,
  editMsr,
  fillMsrFields,
  fixControls,
  msrOf,
  offerControls,
  offersControl,
  removeVmx,
  setMsrField,
} from "./capability-edits.ts";
export type { ColumnContext, ColumnSpec, VmmSpec } from "./column.ts";
export { ColumnError } from "./column-error.ts";
export { columnContext, personalitiesOf } from "./context.ts";
export {
  type CpuidWord,
  featureMask,
  hasFeature,
  hideFeatures,
  keepFeatures,
  setLeaf,
  showFeature,
} from "./cpuid-edits.ts";
export { type CpuidRegister, GuestProfile } from "./guest-profile.ts";
export {
  type KernelHalf,
  KVM_CAP,
  KVM_RUN_X86_GUEST_MODE,
  KVM_SYNC_X86_REGS,
  KVM_SYNC_X86_SREGS,
  type KvmApi,
  type KvmRun,
  userspaceOf,
  type VmmHalf,
} from "./kvm-api.ts";
export type { KvmVcpu } from "./kvm-vcpu.ts";
export type { Finding } from "./linters/finding.ts";
export { lintPersonalities } from "./linters/lint.ts";
export { mergePolicy, PolicyConflict } from "./merge-policy.ts";
export { editDistance, nearestHint, nearestNames } from "./nearest.ts";
export { onEnlightened } from "./on-enlightened.ts";
export { DEFAULT_MODEL, parseColumn, REFERENCE_COLUMNS } from "./parse-column.ts";
export type { Parameter, Personality, Release } from "./personality.ts";
export {
  CAPABILITY_STAGES,
  type CapabilityRule,
  type CapabilityStage,
  type Confidence,
  defineQuirk,
  type Evidence,
  type Quirk,
} from "./quirk.ts";
export { controlNotOffered, hypervisorBit, hypervisorLeaf, type NotOffered } from "./quirk-builders.ts";
export { onSvm } from "./silicon-svm.ts";
export { compareVersions, isVersion } from "./versions.ts";
