import { STATE } from "@hvdiff/cpu";
import { type InstructionOperand, registerHigh, registerLow, setRegisterHalves } from "./instruction-operand.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * Operands of the VMX instructions that L0 does, for the level that runs.
 */

const VECTOR_STACK_FAULT = 12;
const VECTOR_GENERAL_PROTECTION = 13;

/** The access to a memory operand faulted. What is #GP elsewhere is #SS in the stack segment. */
export function owe(vcpu: VmxVcpu, operand: InstructionOperand): null {
  const owed = vcpu.guestCpu.owedException();
  if (owed.vector === VECTOR_GENERAL_PROTECTION && operand.segment === STATE.SS) owed.vector = VECTOR_STACK_FAULT;
  vcpu.state.owed = owed;
  return null;
}

/** Reads `size` bytes of the memory operand; null when the guest gets a fault instead. */
export function readMemory(
  vcpu: VmxVcpu,
  operand: InstructionOperand,
  at: number,
  size: number,
): { lo: number; hi: number } | null {
  const sum = (operand.low >>> 0) + at;
  const lo = vcpu.guestCpu.read(sum | 0, (operand.high + (sum > 0xffffffff ? 1 : 0)) | 0, size);
  if (lo === null) return owe(vcpu, operand);
  return { lo, hi: size === 8 ? vcpu.guestCpu.file.hi : 0 };
}

/** Whether operands have 64 bits. */
export function wide(vcpu: VmxVcpu): boolean {
  return vcpu.guestCpu.file.in64BitMode;
}

/** Both halves of a general register. */
export function registerHalves(vcpu: VmxVcpu, register: number): { lo: number; hi: number } {
  return {
    lo: registerLow(vcpu.silicon, vcpu.current, register),
    hi: registerHigh(vcpu.silicon, vcpu.current, register),
  };
}

/** Writes the result of VMREAD; false when the guest gets a fault instead. */
export function storeResult(vcpu: VmxVcpu, operand: InstructionOperand, value: { lo: number; hi: number }): boolean {
  if (operand.isRegister) {
    setRegisterHalves(vcpu.silicon, vcpu.current, operand.register1, value.lo, wide(vcpu) ? value.hi : 0);
    return true;
  }
  if (vcpu.guestCpu.write(operand.low, operand.high, wide(vcpu) ? 8 : 4, value.lo, value.hi)) return true;
  owe(vcpu, operand);
  return false;
}
