export { createIdeal, createNestedMachine, L0Refusal, type NestedMachineOptions } from "./create.ts";
export { type GuestCode, guestCode } from "./guest-code.ts";
export type { StructureName } from "./history/structure-history.ts";
export { VMCB_PARTS } from "./history/svm-structures.ts";
export { originsOf, type StructureWay, wayOf } from "./history/ways-table.ts";
export { L0 } from "./l0.ts";
export type { L0Options } from "./l0-options.ts";
export { type Mechanisms, PLAIN_MECHANISMS, type ShadowedFields } from "./mechanisms.ts";
export { MERGE_RULES, type MergeRule, type MergeSource } from "./merge.ts";
export { entryCheckLists } from "./nested-entry.ts";
export { ARCHITECTURAL_POLICY, type NestedPolicy, POLICY_GROUPS, type PolicyAnswers } from "./policy.ts";
export { type SecondStageWalk, secondStagesOf, type TableEntry } from "./second-stages.ts";
export { recommendsEnlightenedVmcs } from "./stack/client-evmcs.ts";
export { createStack, type StackLevel, type StackOptions } from "./stack/create-stack.ts";
export type { SvmNestedState } from "./svm/svm-nested-state.ts";
export type { NestedState } from "./transfer/nested-state.ts";
export type {
  DebugRegisters,
  GeneralRegisters,
  SegmentRegister,
  SystemRegisters,
  Userspace,
  UserspacePolicy,
  VcpuAccess,
  VcpuEvents,
  WholeVcpuAccess,
} from "./userspace.ts";
