import type { VmxEnvironment } from "../environment.ts";
import { FAIL_INVALID, SUCCEED, type VmxOutcome } from "../outcome.ts";
import type { VmcsView } from "../vmcs-view.ts";
import { vmFail } from "./fail.ts";
import { accessOfEncoding, isAccessRights, isReadOnlyField, NO_FIELD } from "./field-encoding.ts";

const ERROR_UNSUPPORTED_COMPONENT = 12;
const ERROR_READ_ONLY = 13;

/** Operands of VMWRITE; outside 64-bit mode both high halves are 0. */
export interface VmwriteOperands {
  encodingLow: number;
  encodingHigh: number;
  valueLow: number;
  valueHigh: number;
}

/** VMWRITE: SDM 3C "VMWRITE—Write Field to Virtual-Machine Control Structure". */
export function vmwrite(env: VmxEnvironment, operands: VmwriteOperands): VmxOutcome {
  return vmwriteTo(env, env.currentVmcs(), operands);
}

/** VMWRITE to a VMCS, the current one or its shadow. Errors are noted in the current one. */
export function vmwriteTo(env: VmxEnvironment, vmcs: VmcsView | null, operands: VmwriteOperands): VmxOutcome {
  if (vmcs === null) return FAIL_INVALID;
  const access = accessOfEncoding(operands.encodingLow, operands.encodingHigh);
  const index = access >> 1;
  if (access === NO_FIELD || !env.policy.isFieldSupported(env.capabilities, index))
    return vmFail(env, ERROR_UNSUPPORTED_COMPONENT);
  if (isReadOnlyField(index) && !env.policy.isReadOnlyFieldWritable(env.capabilities))
    return vmFail(env, ERROR_READ_ONLY);
  if ((access & 1) !== 0) vmcs.set(index, vmcs.lo(index), operands.valueLow);
  else if (isAccessRights(index)) vmcs.set(index, operands.valueLow & env.policy.writtenAccessRights, 0);
  else vmcs.set(index, operands.valueLow, operands.valueHigh);
  return SUCCEED;
}
