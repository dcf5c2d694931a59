import { FAULT_NONE, FAULT_STOP, msrWord, type Op, STATE, STATUS_ABORTED, STATUS_RETIRED } from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import type { SvmCore } from "../core.ts";
import { enterGuest } from "../entry/enter.ts";
import { NO_VMCB, vmcbOperand } from "./vmcb-operand.ts";

const VM_HSAVE_PA = msrWord(MSRS.VM_HSAVE_PA.address)!;
const SHADOW = 3;
const RFLAGS_RF = 1 << 16;

/** VMRUN of the VMCB at a physical address, the processor being behind the instruction. */
export function runVmcb(core: SvmCore, address: number): void {
  const { c, s } = core;
  core.useVmcb(address);
  s[STATE.INTERRUPTIBILITY]! &= ~SHADOW;
  s[STATE.FLAG_SYSTEM]! &= ~RFLAGS_RF;
  enterGuest(core, joinAddress(s[VM_HSAVE_PA]!, s[VM_HSAVE_PA + 1]!));
  if (c.stop === null && c.fault !== FAULT_STOP) c.fault = FAULT_NONE;
}

/** VMRUN behind its permission checks. */
export function executeVmrun(core: SvmCore, op: Op): number {
  const { c, s } = core;
  const address = vmcbOperand(core, op);
  if (address === NO_VMCB) return STATUS_ABORTED;
  c.settleTime();
  s[STATE.RIP] = op.nextLow;
  s[STATE.RIP + 1] = op.nextHigh;
  runVmcb(core, address);
  return c.stop !== null ? STATUS_ABORTED : STATUS_RETIRED;
}
