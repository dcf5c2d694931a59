export { capabilitiesOf, type SvmCapabilities } from "./capabilities.ts";
export { VMRUN_CHECKS, type VmrunCheck } from "./entry/vmrun-checks.ts";
export type { VmrunContext } from "./entry/vmrun-context.ts";
export { Svm } from "./svm.ts";
export { Vmcb } from "./vmcb.ts";
