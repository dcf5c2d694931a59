import { FAULT_NONE, type Op, readOperand, STATUS_ABORTED, writeOperand } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import { applyOutcome } from "../apply-outcome.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import { vmreadFrom } from "../instructions/vmread.ts";
import { vmwriteTo } from "../instructions/vmwrite.ts";
import type { MemoryVmcs } from "../memory-vmcs.ts";
import { GENERAL_PROTECTION } from "../outcome.ts";
import * as W from "../state.ts";

/*
 * VMREAD and VMWRITE of a guest on the VMCS that the link pointer names, without a VM exit (SDM 3C "VMCS Shadowing").
 */

const FIRST_HIGH_BIT = 15;

/** Whether the running VMCS shadows, so that VMREAD and VMWRITE may go on without an exit. */
export function shadowsVmcs({ s }: VmxCore): boolean {
  return (s[W.SECONDARY]! & C.VMCS_SHADOWING) !== 0;
}

/** Encodings beyond the bitmap always exit. */
function isIntercepted({ c, vmcs }: VmxCore, bitmap: number, encodingLow: number, encodingHigh: number): boolean {
  if (encodingHigh !== 0 || encodingLow >>> FIRST_HIGH_BIT !== 0) return true;
  const byte = c.memory.read8(joinAddress(vmcs.lo(bitmap), vmcs.hi(bitmap)) + (encodingLow >>> 3));
  return ((byte >>> (encodingLow & 7)) & 1) !== 0;
}

/** The shadow VMCS; null where the link pointer names none. */
function shadowVmcs({ vmcs, environment }: VmxCore): MemoryVmcs | null {
  const low = vmcs.lo(F.VMCS_LINK_POINTER);
  const high = vmcs.hi(F.VMCS_LINK_POINTER);
  return low === -1 && high === -1 ? null : environment.vmcsAt(joinAddress(low, high));
}

/** VMREAD r/m, r of a guest; null where it exits. */
export function vmreadShadow(core: VmxCore, op: Op): number | null {
  const { c, environment } = core;
  const low = readOperand(c, op, 1);
  const high = c.hi;
  if (isIntercepted(core, F.VMREAD_BITMAP, low, high)) return null;
  if (environment.context.cpl > 0) return applyOutcome(c, GENERAL_PROTECTION);
  const outcome = vmreadFrom(environment, shadowVmcs(core), low, high);
  if (outcome.kind === "value" && !writeOperand(c, op, 0, outcome.lo, outcome.hi)) return STATUS_ABORTED;
  core.shadowListener?.read(low, high, outcome);
  return applyOutcome(c, outcome);
}

/** VMWRITE r, r/m of a guest; null where it exits. */
export function vmwriteShadow(core: VmxCore, op: Op): number | null {
  const { c, environment, writeOperands } = core;
  writeOperands.encodingLow = readOperand(c, op, 0);
  writeOperands.encodingHigh = c.hi;
  if (isIntercepted(core, F.VMWRITE_BITMAP, writeOperands.encodingLow, writeOperands.encodingHigh)) return null;
  if (environment.context.cpl > 0) return applyOutcome(c, GENERAL_PROTECTION);
  writeOperands.valueLow = readOperand(c, op, 1);
  writeOperands.valueHigh = c.hi;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const outcome = vmwriteTo(environment, shadowVmcs(core), writeOperands);
  core.shadowListener?.write(writeOperands, outcome);
  return applyOutcome(c, outcome);
}
