import { EXIT_REASONS } from "@hvdiff/spec";
import { failValid, type MemoryVmcs, outcomeText } from "@hvdiff/vmx";
import { copyKind, countReflection, noteCopy, switchVmcs } from "./accounting.ts";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { noteEnlightenedStale } from "./enlightened/enlightened-vmcs.ts";
import { F } from "./fields.ts";
import { loadMsrs, storeMsrs } from "./msr-lists.ts";
import { noteReflected } from "./own-events.ts";
import { copyExitInformation, loadHostState, saveGuestState } from "./reflect.ts";
import { releaseShadow } from "./shadow-access.ts";
import { forgetVpid, VPID_L1, VPID_L2 } from "./silicon-tlb.ts";
import { traceVmentry, traceVmexit } from "./trace-events.ts";
import { loadRegistersForL1, saveRegistersOfL2 } from "./transition-registers.ts";
import { completeVmx } from "./vmx-result.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const SAVED = copyKind("vmcs02", "vmcs12");
const ACTIVITY_HLT = 1;
const VALID = 1 << 31;
/** Type 2, vector 2. */
const NMI_INFORMATION = 0x202;
const ENTRY_FAILURE = 1 << 31;

/** VMX-abort indicators (SDM 3C "VMX Aborts"). */
const ABORT_SAVING_MSRS = 1;
const ABORT_LOADING_MSRS = 4;

/** Information fields that mean nothing for an exit that L0 makes up. */
const UNUSED_INFORMATION = [
  F.vmExitInterruptionInformation,
  F.vmExitInterruptionErrorCode,
  F.idtVectoringInformation,
  F.idtVectoringErrorCode,
  F.vmExitInstructionLength,
  F.vmExitInstructionInformation,
];

/** Passes the exit that silicon just made from vmcs02 on to L1. */
export function exitToL1(vcpu: VmxVcpu, reason: number): void {
  const v12 = vcpu.environment.currentVmcs()!;
  const { v02 } = vcpu;
  const failed = (reason & ENTRY_FAILURE) !== 0;
  if (failed) v12.set(F.exitQualification, v02.lo(F.exitQualification), v02.hi(F.exitQualification));
  const copied = failed ? 1 : copyExitInformation(v02, v12);
  vcpu.history?.note({ way: "exit.information" });
  vcpu.state.reinject = null;
  leaveL2(vcpu, reason, copied);
}

/** An entry failure that L0 found itself, before silicon saw vmcs02. L1's own state is still that of vmcs01. */
export function failEntry(vcpu: VmxVcpu, reason: number, qualification: number): void {
  const v12 = vcpu.environment.currentVmcs()!;
  const { v01 } = vcpu;
  v12.set(F.exitReason, reason | ENTRY_FAILURE, 0);
  v12.set(F.exitQualification, qualification, 0);
  releaseShadow(vcpu);
  switchToL1(vcpu, v12, v01, v01);
}

/**
 * A pending interrupt of L1's machine ends L2's run, because L1 asked for that.
 * @param vector -1 where the exit does not acknowledge it
 */
export function externalInterruptToL1(vcpu: VmxVcpu, vector: number): void {
  madeUpExit(vcpu, EXIT_REASONS.EXTERNAL_INTERRUPT.number, vector < 0 ? 0 : VALID | vector);
}

/** An NMI of L1's machine ends L2's run, because L1 asked for that. */
export function nmiToL1(vcpu: VmxVcpu): void {
  madeUpExit(vcpu, EXIT_REASONS.EXCEPTION_NMI.number, VALID | NMI_INFORMATION);
}

/** An INIT ends L2's run. */
export function initToL1(vcpu: VmxVcpu): void {
  madeUpExit(vcpu, EXIT_REASONS.INIT_SIGNAL.number, 0);
}

/** The exit behind an instruction of L2 that L0 has done, because L1 asked for that. */
export function monitorTrapToL1(vcpu: VmxVcpu): void {
  madeUpExit(vcpu, EXIT_REASONS.MONITOR_TRAP_FLAG.number, 0);
}

/** An exit that no processor makes: L0 tells L1 something. */
export function syntheticExitToL1(vcpu: VmxVcpu, reason: number): void {
  madeUpExit(vcpu, reason, 0);
}

function madeUpExit(vcpu: VmxVcpu, reason: number, interruption: number): void {
  const v12 = vcpu.environment.currentVmcs()!;
  const { v02 } = vcpu;
  for (const field of UNUSED_INFORMATION) v02.set(field, 0, 0);
  v02.set(F.exitQualification, 0, 0);
  v02.set(F.vmExitInterruptionInformation, interruption, 0);
  const copied = copyExitInformation(v02, v12);
  vcpu.history?.note({ way: "exit.information" });
  if (vcpu.state.halted) v02.set(F.guestActivityState, ACTIVITY_HLT, 0);
  vcpu.state.halted = false;
  leaveL2(vcpu, reason, copied);
}

/** @param information how many fields of vmcs12 have been told of the exit */
function leaveL2(vcpu: VmxVcpu, reason: number, information: number): void {
  const v12 = vcpu.environment.currentVmcs()!;
  const { v02 } = vcpu;
  const saves = (reason & ENTRY_FAILURE) === 0;
  v12.set(F.exitReason, reason, 0);
  vcpu.history?.note({ way: "exit.information" });
  noteCopy(vcpu, SAVED, information + (saves ? saveGuestState(vcpu, v12) : 0), "L2 exits to L1");
  if (saves) {
    saveRegistersOfL2(vcpu, v12);
    vcpu.history?.note({ way: "exit.guestState" });
    v12.set(F.vmEntryInterruptionInformation, v12.lo(F.vmEntryInterruptionInformation) & ~VALID, 0);
    vcpu.history?.note({ way: "exit.entryInformation" });
    if (storeMsrs(vcpu, v12) >= 0) vcpu.state.abort = ABORT_SAVING_MSRS;
  }
  releaseShadow(vcpu);
  switchVmcs(vcpu, vcpu.state.vmcs01);
  // A failed entry has loaded nothing of L2.
  switchToL1(vcpu, v12, vcpu.v01, saves ? v02 : vcpu.v01);
}

/**
 * Host state of vmcs12 becomes what runs next.
 * @param before the VMCS whose guest state has the registers that a VM exit leaves alone
 */
function switchToL1(vcpu: VmxVcpu, v12: MemoryVmcs, v01: MemoryVmcs, before: MemoryVmcs): void {
  vcpu.state.guestMode = false;
  vcpu.state.runPending = false;
  vcpu.state.notified = false;
  loadHostState(v12, v01, before);
  loadRegistersForL1(vcpu, v12);
  vcpu.history?.note({ way: "exit.hostState" });
  flushForTransition(vcpu, v12);
  if (loadMsrs(vcpu, v12, "vmExitMsrLoadCount", "vmExitMsrLoadAddress", v01) >= 0)
    vcpu.state.abort = ABORT_LOADING_MSRS;
  vcpu.history?.note({ way: "exit.msrList" });
  countReflection(vcpu, v12.lo(F.exitReason) & 0xffff);
  noteEnlightenedStale(vcpu);
  vcpu.shadow?.noteStale();
  noteReflected(vcpu, v12);
  traceVmexit(vcpu, v12);
}

/** Without VPID, VM transitions of L1 forget all linear translations, L1's and L2's. */
export function flushForTransition(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  if ((activeSecondary(v12) & C.PROC2_VPID) !== 0) return;
  forgetVpid(vcpu, VPID_L1);
  forgetVpid(vcpu, VPID_L2);
}

/** Silicon refused what L0 had accepted: the entry that the trace tells of did not happen after all. */
export function retractEntry(vcpu: VmxVcpu, result: string): void {
  const level = vcpu.state.guestMode;
  vcpu.l0.machine.trace.retract("vmentry");
  vcpu.state.guestMode = false;
  traceVmentry(vcpu, vcpu.state.launching, result);
  vcpu.state.guestMode = level;
}

/** Silicon refused vmcs02 with VMfail although L0's checks of vmcs12 passed: L1 sees its VMLAUNCH or VMRESUME fail after all. */
export function failEntryLate(vcpu: VmxVcpu): void {
  const outcome = failValid(vcpu.l0.options.policy.lateFailureError);
  retractEntry(vcpu, outcomeText(outcome));
  switchVmcs(vcpu, vcpu.state.vmcs01);
  vcpu.state.guestMode = false;
  vcpu.state.runPending = false;
  // The instruction was counted when its entry was accepted.
  vcpu.silicon.retired -= 1;
  completeVmx(vcpu, outcome);
  vcpu.environment.currentVmcs()!.set(F.vmInstructionError, vcpu.l0.options.policy.lateFailureError, 0);
  vcpu.shadow?.noteStale();
  releaseShadow(vcpu);
}
