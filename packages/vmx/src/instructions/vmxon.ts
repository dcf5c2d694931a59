import { joinAddress } from "../address.ts";
import type { VmxEnvironment } from "../environment.ts";
import { GENERAL_PROTECTION, SUCCEED, UNDEFINED_OPCODE, type VmxOutcome } from "../outcome.ts";
import { checkPointer, vmFail } from "./fail.ts";
import { isVmxModeUndefined } from "./permission.ts";

const CR4_VMXE = 1 << 13;
const FEATURE_CONTROL_LOCK = 1;
const FEATURE_CONTROL_VMX_OUTSIDE_SMX = 4;
const ERROR_VMXON_IN_ROOT = 15;

/** Whether CR0 and CR4 have values that VMX operation supports. */
export function areControlRegistersSupported(env: VmxEnvironment): boolean {
  const { cr0, cr4 } = env.context;
  const { cr0Fixed0, cr0Fixed1, cr4Fixed0, cr4Fixed1 } = env.capabilities;
  return (
    (cr0 & cr0Fixed0) === cr0Fixed0 &&
    (cr0 & ~cr0Fixed1) === 0 &&
    (cr4 & cr4Fixed0) === cr4Fixed0 &&
    (cr4 & ~cr4Fixed1) === 0
  );
}

/** VMXON before its operand is read. Null when the operand is to be read. */
export function checkVmxon(env: VmxEnvironment): VmxOutcome | null {
  if (isVmxModeUndefined(env.context) || (env.context.cr4 & CR4_VMXE) === 0) return UNDEFINED_OPCODE;
  if (env.context.cpl > 0) return GENERAL_PROTECTION;
  if (env.inVmxOperation) return vmFail(env, ERROR_VMXON_IN_ROOT);
  const required = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX;
  if (!areControlRegistersSupported(env) || (env.context.featureControl & required) !== required)
    return GENERAL_PROTECTION;
  return null;
}

/** VMXON with its operand: SDM 3C "VMXON—Enter VMX Operation". */
export function vmxon(env: VmxEnvironment, lo: number, hi: number): VmxOutcome {
  if (env.inVmxOperation) return vmFail(env, ERROR_VMXON_IN_ROOT);
  env.currentPointer = -1;
  const failed = checkPointer(env, env.policy.vmxonPointerChecks, lo, hi);
  if (failed !== null) return failed;
  env.inVmxOperation = true;
  env.vmxonPointer = joinAddress(lo, hi);
  return SUCCEED;
}
