import { STATE, STATUS_ABORTED } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";

const GENERAL_PROTECTION = 13;
const UNDEFINED_OPCODE = 6;

export function undefinedOpcode({ c }: SvmCore): number {
  c.raise(UNDEFINED_OPCODE);
  return STATUS_ABORTED;
}

export function generalProtection({ c }: SvmCore): number {
  c.raise(GENERAL_PROTECTION, 0);
  return STATUS_ABORTED;
}

/**
 * Whether an SVM instruction may be used at all: #UD unless EFER.SVME is set in protected mode, #GP(0) above privilege level 0 (APM 3 "System
 * Instruction Reference"). `STATUS_ABORTED` with the fault pending, or 0.
 */
export function checkPermission(core: SvmCore): number {
  const { s } = core;
  const isProtected = (s[STATE.CR0]! & C.CR0_PE) !== 0 && (s[STATE.FLAG_SYSTEM]! & C.RFLAGS_VM) === 0;
  if ((s[STATE.EFER]! & C.EFER_SVME) === 0 || !isProtected) return undefinedOpcode(core);
  return s[STATE.CPL] === 0 ? 0 : generalProtection(core);
}
