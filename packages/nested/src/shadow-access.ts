import { FAULT_NONE } from "@hvdiff/cpu";
import { EXIT_REASONS } from "@hvdiff/spec";
import { type MemoryVmcs, type VmxOutcome, vmreadFrom, vmwriteTo } from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { throughEpt12, usesEpt } from "./ept-exits.ts";
import { F } from "./fields.ts";
import { instructionOperand } from "./instruction-operand.ts";
import { collectShadow02, linkShadow02 } from "./shadow-vmcs02.ts";
import { readMemory, registerHalves, storeResult, wide } from "./vmx-operands.ts";
import { completeVmx } from "./vmx-result.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * VMREAD and VMWRITE of L2 on the shadow VMCS of vmcs12, where they exit because vmcs02 does not shadow: L0 does those that L1's bitmaps leave
 * to the processor (SDM 3C "VMCS Shadowing").
 */

const GENERAL_PROTECTION: VmxOutcome = { kind: "fault", vector: 13, errorCode: 0 };

/** The shadow VMCS; null where the link pointer of vmcs12 names none. */
function shadowVmcs(vcpu: VmxVcpu): MemoryVmcs | null {
  const { vmcs12 } = vcpu.handlers;
  const isNone = vmcs12.lo(F.vmcsLinkPointer) === -1 && vmcs12.hi(F.vmcsLinkPointer) === -1;
  return isNone ? null : vcpu.environment.shadowAt(Number(vmcs12.read("vmcsLinkPointer")));
}

function mayAccess(v12: MemoryVmcs): boolean {
  return (activeSecondary(v12) & C.PROC2_VMCS_SHADOWING) !== 0;
}

/** L2 is about to run. */
export function keepShadow(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  const isNone = v12.lo(F.vmcsLinkPointer) === -1 && v12.hi(F.vmcsLinkPointer) === -1;
  if (isNone || !mayAccess(v12)) return;
  vcpu.environment.takeShadow(Number(v12.read("vmcsLinkPointer")));
  linkShadow02(vcpu, v12);
}

/** L1 is about to run again. */
export function releaseShadow(vcpu: VmxVcpu): void {
  collectShadow02(vcpu);
  vcpu.environment.returnShadow();
}

/** Does the VMREAD or VMWRITE of L2 that exited. */
export function accessShadow(vcpu: VmxVcpu, basic: number): void {
  const { guestCpu, state, v02 } = vcpu;
  guestCpu.sync(v02, state);
  guestCpu.space.l2Stage = usesEpt(vcpu.handlers.vmcs12) ? (address) => throughEpt12(vcpu, address) : null;
  const isRead = basic === EXIT_REASONS.VMREAD.number;
  const isUser = vcpu.environment.context.cpl > 0;
  const outcome = isUser ? GENERAL_PROTECTION : isRead ? read(vcpu) : write(vcpu);
  guestCpu.space.l2Stage = null;
  guestCpu.file.fault = FAULT_NONE;
  if (outcome !== null) completeVmx(vcpu, outcome);
}

function read(vcpu: VmxVcpu): VmxOutcome | null {
  const operand = instructionOperand(vcpu.silicon, vcpu.guestCpu, vcpu.v02);
  const encoding = registerHalves(vcpu, operand.register2);
  const outcome = vmreadFrom(vcpu.environment, shadowVmcs(vcpu), encoding.lo, wide(vcpu) ? encoding.hi : 0);
  return outcome.kind === "value" && !storeResult(vcpu, operand, outcome) ? null : outcome;
}

function write(vcpu: VmxVcpu): VmxOutcome | null {
  const operand = instructionOperand(vcpu.silicon, vcpu.guestCpu, vcpu.v02);
  const encoding = registerHalves(vcpu, operand.register2);
  const value = operand.isRegister
    ? registerHalves(vcpu, operand.register1)
    : readMemory(vcpu, operand, 0, wide(vcpu) ? 8 : 4);
  if (value === null) return null;
  return vmwriteTo(vcpu.environment, shadowVmcs(vcpu), {
    encodingLow: encoding.lo,
    encodingHigh: wide(vcpu) ? encoding.hi : 0,
    valueLow: value.lo,
    valueHigh: wide(vcpu) ? value.hi : 0,
  });
}
