import { supportsControl } from "../capabilities.ts";
import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, UNDEFINED_OPCODE, type VmxOutcome } from "../outcome.ts";
import { vmFail } from "./fail.ts";

const ERROR_INVALID_OPERAND = 28;
const SINGLE_CONTEXT = 1;
const ALL_CONTEXT = 2;

/** Operands of INVEPT: the type register and the descriptor's EPTP. */
export interface InveptOperands {
  typeLow: number;
  typeHigh: number;
  eptpLow: number;
  eptpHigh: number;
}

/** Whether the processor has the instruction. */
export function checkInvept(env: VmxEnvironment): VmxOutcome | null {
  const supported = env.capabilities.ept.invept && supportsControl(env.capabilities, "secondary", "enableEpt");
  return supported ? null : UNDEFINED_OPCODE;
}

/** Whether the type register names a type that the mask of supported types holds. */
export function isTypeSupported(mask: number, typeLow: number, typeHigh: number): boolean {
  return typeHigh === 0 && typeLow >= 0 && typeLow < 31 && ((mask >>> typeLow) & 1) !== 0;
}

/** INVEPT: SDM 3C "INVEPT—Invalidate Translations Derived from EPT". */
export function invept(env: VmxEnvironment, operands: InveptOperands): VmxOutcome {
  const { capabilities, policy } = env;
  const { typeLow, typeHigh, eptpLow, eptpHigh } = operands;
  if (!isTypeSupported(policy.inveptTypes(capabilities), typeLow, typeHigh)) return vmFail(env, ERROR_INVALID_OPERAND);
  if (typeLow === SINGLE_CONTEXT && !policy.isInveptEptpValid(capabilities, eptpLow, eptpHigh))
    return vmFail(env, ERROR_INVALID_OPERAND);
  env.invalidateEpt(typeLow === ALL_CONTEXT, eptpLow, eptpHigh);
  return SUCCEED;
}
