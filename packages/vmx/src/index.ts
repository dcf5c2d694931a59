export {
  type AllowedSettings,
  type CapabilityOptions,
  type EptVpidCapabilities,
  type MiscCapabilities,
  supportsControl,
  type VmxCapabilities,
  type WritableMsrBits,
} from "./capabilities.ts";
export { changedGroups } from "./entry/changed-groups.ts";
export {
  allViolations,
  type CheckMemory,
  type EntryCheck,
  EntryCheckContext,
  type EntryCheckGroup,
  EntryCheckPlan,
  firstViolation,
} from "./entry/check.ts";
export { CONTROL_CHECKS } from "./entry/control-checks.ts";
export { GUEST_CHECKS } from "./entry/guest-checks.ts";
export { GUEST_SEGMENTS, type GuestSegmentFields } from "./entry/guest-segment-fields.ts";
export { HOST_CHECKS } from "./entry/host-checks.ts";
export { ENTRY_CHECKS, type EntryCheckLists, withoutChecks } from "./entry/lists.ts";
export type { ExecutingContext, VmxEnvironment } from "./environment.ts";
export { isEptPointerValid } from "./ept/ept-pointer.ts";
export {
  EPT_USER_EXECUTE,
  type EptMemory,
  EptWalk,
  type ModificationLog,
  WALK_LOG_FULL,
  WALK_MAPPED,
  WALK_MISCONFIGURED,
  WALK_VIOLATION,
  type WalkEnd,
} from "./ept/ept-walk.ts";
export { peekEpt } from "./ept/peek-ept.ts";
export {
  findSubPages,
  isSubPageWritable,
  SUB_PAGES_FOUND,
  SUB_PAGES_MISS,
  type SubPages,
} from "./ept/sub-page-permissions.ts";
export { checkPointer, vmFail } from "./instructions/fail.ts";
export { accessOfEncoding, isReadOnlyField, NO_FIELD } from "./instructions/field-encoding.ts";
export { checkInvept, type InveptOperands, invept } from "./instructions/invept.ts";
export { checkInvvpid, type InvvpidOperands, invvpid } from "./instructions/invvpid.ts";
export { checkPermission, isVmxModeUndefined } from "./instructions/permission.ts";
export { vmcall } from "./instructions/vmcall.ts";
export { vmclear } from "./instructions/vmclear.ts";
export { type VmfuncContext, vmfunc } from "./instructions/vmfunc.ts";
export { vmlaunch, vmresume } from "./instructions/vmlaunch-vmresume.ts";
export { vmptrld } from "./instructions/vmptrld.ts";
export { vmptrst } from "./instructions/vmptrst.ts";
export { vmread, vmreadFrom } from "./instructions/vmread.ts";
export { type VmwriteOperands, vmwrite, vmwriteTo } from "./instructions/vmwrite.ts";
export { vmxoff } from "./instructions/vmxoff.ts";
export { checkVmxon, vmxon } from "./instructions/vmxon.ts";
export {
  CHANGED_ALL,
  CHANGED_CONTROLS,
  CHANGED_HOST,
  CHANGED_REGISTERS,
  CHANGED_SEGMENTS,
  type CopyPlan,
  copyFields,
  createCopyPlan,
  createFieldPlan,
  type FieldPlan,
  loadFields,
  MemoryVmcs,
  storeFields,
  VMCS_LAUNCH_STATE,
} from "./memory-vmcs.ts";
export { isMsrLoadRefused, isMsrStoreRefused } from "./msr-area.ts";
export {
  ENTER,
  EXIT,
  FAIL_INVALID,
  failValid,
  GENERAL_PROTECTION,
  outcomeText,
  SUCCEED,
  UNDEFINED_OPCODE,
  type VmxOutcome,
  type VmxValue,
} from "./outcome.ts";
export {
  ARCHITECTURAL_VMX_POLICY,
  ENTRY_PRECONDITIONS,
  type EntryPrecondition,
  type PointerCheck,
  VMCLEAR_POINTER_CHECKS,
  VMPTRLD_POINTER_CHECKS,
  VMXON_POINTER_CHECKS,
  type VmxPolicy,
} from "./policy.ts";
export type { RootVmx } from "./root-vmx.ts";
export type { ShadowListener } from "./shadow-listener.ts";
export {
  traceCheck,
  traceInstruction,
  traceVmentry,
  traceVmexit,
  traceVmread,
  traceVmwrite,
} from "./trace.ts";
export { createVmcsLayout, type FieldOffsets, fieldOffsetsOf, type VmcsLayout } from "./vmcs-layout.ts";
export { BaseVmcsView, type VmcsView } from "./vmcs-view.ts";
export { capabilitiesOf, Vmx, type VmxOptions } from "./vmx.ts";
