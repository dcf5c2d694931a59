import { isCanonical } from "../address.ts";
import { supportsControl } from "../capabilities.ts";
import type { VmxEnvironment } from "../environment.ts";
import { SUCCEED, UNDEFINED_OPCODE, type VmxOutcome } from "../outcome.ts";
import { vmFail } from "./fail.ts";
import { isTypeSupported } from "./invept.ts";

const ERROR_INVALID_OPERAND = 28;
const INDIVIDUAL_ADDRESS = 0;
const ALL_CONTEXT = 2;

/** Operands of INVVPID: the type register and the descriptor. */
export interface InvvpidOperands {
  typeLow: number;
  typeHigh: number;
  /** Bits 31:0 of the descriptor; bits 15:0 are the VPID. */
  descriptorLow: number;
  descriptorHigh: number;
  linearLow: number;
  linearHigh: number;
}

/** Whether the processor has the instruction. */
export function checkInvvpid(env: VmxEnvironment): VmxOutcome | null {
  const supported = env.capabilities.ept.invvpid && supportsControl(env.capabilities, "secondary", "enableVpid");
  return supported ? null : UNDEFINED_OPCODE;
}

function isDescriptorValid(env: VmxEnvironment, operands: InvvpidOperands): boolean {
  if (operands.descriptorHigh !== 0 || operands.descriptorLow >>> 16 !== 0) return false;
  if (operands.typeLow !== ALL_CONTEXT && operands.descriptorLow === 0) return false;
  return (
    operands.typeLow !== INDIVIDUAL_ADDRESS || isCanonical(operands.linearHigh, env.capabilities.linearAddressWidth)
  );
}

/** INVVPID: SDM 3C "INVVPID—Invalidate Translations Based on VPID". */
export function invvpid(env: VmxEnvironment, operands: InvvpidOperands): VmxOutcome {
  const types = env.policy.invvpidTypes(env.capabilities);
  if (!isTypeSupported(types, operands.typeLow, operands.typeHigh) || !isDescriptorValid(env, operands))
    return vmFail(env, ERROR_INVALID_OPERAND);
  env.invalidateVpid(operands.typeLow, operands.descriptorLow, operands.linearLow, operands.linearHigh);
  return SUCCEED;
}
