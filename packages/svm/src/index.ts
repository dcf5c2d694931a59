export { capabilitiesOf, type SvmCapabilities } from "./capabilities.ts";
export * as SVM from "./control-bits.ts";
export { VMRUN_CHECKS, type VmrunCheck } from "./entry/vmrun-checks.ts";
export { VmrunContext, type VmrunSource } from "./entry/vmrun-context.ts";
export * as VMCB from "./fields.ts";
export { loadAdditionalState, saveAdditionalState } from "./instructions/vmload-vmsave.ts";
export { isIoIntercepted, isMsrIntercepted } from "./intercepts/permission-maps.ts";
export {
  type NestedAccess,
  NestedWalk,
  NPF_FETCH,
  NPF_WRITE,
  nestedRoot,
  setNestedMode,
  type TableMemory,
} from "./npt/nested-walk.ts";
export { loadPair, loadRegisters, savePair, saveRegisters } from "./register-state.ts";
export { Svm } from "./svm.ts";
export { traceCheck, traceInstruction, traceVmexit, traceVmrun } from "./trace.ts";
export { Vmcb } from "./vmcb.ts";
