import type { VmxEnvironment } from "../environment.ts";
import { FAIL_INVALID, type VmxOutcome } from "../outcome.ts";
import type { VmcsView } from "../vmcs-view.ts";
import { vmFail } from "./fail.ts";
import { accessOfEncoding, NO_FIELD } from "./field-encoding.ts";

const ERROR_UNSUPPORTED_COMPONENT = 12;

/** VMREAD: SDM 3C "VMREAD—Read Field from Virtual-Machine Control Structure". The operand is the encoding. */
export function vmread(env: VmxEnvironment, encodingLow: number, encodingHigh: number): VmxOutcome {
  return vmreadFrom(env, env.currentVmcs(), encodingLow, encodingHigh);
}

/** VMREAD from a VMCS, the current one or its shadow. Errors are noted in the current one. */
export function vmreadFrom(
  env: VmxEnvironment,
  vmcs: VmcsView | null,
  encodingLow: number,
  encodingHigh: number,
): VmxOutcome {
  if (vmcs === null) return FAIL_INVALID;
  const access = accessOfEncoding(encodingLow, encodingHigh);
  if (access === NO_FIELD || !env.policy.isFieldSupported(env.capabilities, access >> 1))
    return vmFail(env, ERROR_UNSUPPORTED_COMPONENT);
  const high = (access & 1) !== 0;
  env.value.lo = high ? vmcs.hi(access >> 1) : vmcs.lo(access >> 1);
  env.value.hi = high ? 0 : vmcs.hi(access >> 1);
  return env.value;
}
