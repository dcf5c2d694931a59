import type { ExecutingContext, VmxEnvironment } from "../environment.ts";
import { GENERAL_PROTECTION, UNDEFINED_OPCODE, type VmxOutcome } from "../outcome.ts";

const CR0_PE = 1;
const EFER_LMA = 1 << 10;

/** Real-address mode, virtual-8086 mode or compatibility mode: VMX instructions do not exist there. */
export function isVmxModeUndefined(context: ExecutingContext): boolean {
  return (
    (context.cr0 & CR0_PE) === 0 ||
    context.isVirtual8086 ||
    ((context.efer & EFER_LMA) !== 0 && !context.isCodeSegment64Bit)
  );
}

/**
 * What comes before the operand is read, for all VMX instructions but VMXON, VMCALL and VMFUNC, in root operation: #UD outside VMX
 * operation and in the wrong modes, #GP above privilege level 0. Null when the instruction may go on.
 */
export function checkPermission(env: VmxEnvironment): VmxOutcome | null {
  if (!env.inVmxOperation || isVmxModeUndefined(env.context)) return UNDEFINED_OPCODE;
  return env.context.cpl > 0 ? GENERAL_PROTECTION : null;
}
