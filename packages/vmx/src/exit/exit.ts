import { type EventBeingDelivered, FAULT_NONE, FAULT_STOP, INTERCEPT_COUNT, STATE } from "@hvdiff/cpu";
import { leaveVirtualApic } from "../apic/enter-apic.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import { keepGuestState, mayKeepGuestState } from "../kept-state.ts";
import { loadMsrArea, type MsrArea, storeMsrArea } from "../msr-area.ts";
import * as W from "../state.ts";
import { noteGuestContext, selectRootContext } from "../tlb-contexts.ts";
import { traceVmexit } from "../trace.ts";
import { loadHostState } from "./load-host.ts";
import { saveGuestState } from "./save.ts";

const STORE_AREA: MsrArea = { count: F.VM_EXIT_MSR_STORE_COUNT, address: F.VM_EXIT_MSR_STORE_ADDRESS };
const LOAD_AREA: MsrArea = { count: F.VM_EXIT_MSR_LOAD_COUNT, address: F.VM_EXIT_MSR_LOAD_ADDRESS };

/** Reasons of a VMX abort (SDM 3C "VMX Aborts"). */
const ABORT_SAVING_MSRS = 1;
const ABORT_HOST_PDPTES = 2;
const ABORT_LOADING_MSRS = 4;

const ENTRY_FAILURE = 1 << 31;
const VALID = 1 << 31;
const ERROR_CODE_VALID = 1 << 11;
const NMI_BLOCKING = 8;
const TYPE_NMI = 2;
const MODE_ROOT = 1;

/** IDT-vectoring information of an event that was under delivery. */
function vectoringOf(event: EventBeingDelivered): number {
  return VALID | (event.type << 8) | event.vector | (event.errorCode >= 0 ? ERROR_CODE_VALID : 0);
}

function writeVectoring({ c, vmcs, information }: VmxCore): void {
  const event = information.reportsVectoring ? c.delivering : null;
  c.delivering = null;
  if (event === null) {
    vmcs.set(F.IDT_VECTORING_INFORMATION, 0, 0);
    return;
  }
  vmcs.set(F.IDT_VECTORING_INFORMATION, vectoringOf(event), 0);
  if (event.errorCode >= 0) vmcs.set(F.IDT_VECTORING_ERROR_CODE, event.errorCode, 0);
  if (event.type >= 4 && information.instructionLength === 0) information.instructionLength = event.instructionLength;
}

/** Records the exit in the information fields (SDM 3C "Recording VM-Exit Information and Updating VM-Entry Control Fields"). */
function writeInformation(core: VmxCore): void {
  const { vmcs, information } = core;
  vmcs.set(F.EXIT_REASON, information.reason, 0);
  vmcs.set(F.EXIT_QUALIFICATION, information.qualificationLow, information.qualificationHigh);
  vmcs.set(F.VM_EXIT_INTERRUPTION_INFORMATION, information.interruption, 0);
  if ((information.interruption & ERROR_CODE_VALID) !== 0)
    vmcs.set(F.VM_EXIT_INTERRUPTION_ERROR_CODE, information.interruptionErrorCode, 0);
  writeVectoring(core);
  vmcs.set(F.VM_EXIT_INSTRUCTION_LENGTH, information.instructionLength, 0);
  vmcs.set(F.VM_EXIT_INSTRUCTION_INFORMATION, information.instructionInformation, 0);
  if (information.hasGuestLinear)
    vmcs.set(F.GUEST_LINEAR_ADDRESS, information.guestLinearLow, information.guestLinearHigh);
  if (information.hasGuestPhysical)
    vmcs.set(F.GUEST_PHYSICAL_ADDRESS, information.guestPhysicalLow, information.guestPhysicalHigh);
}

/** A VMX abort: the processor shuts down. */
function abort({ c, vmcs }: VmxCore, code: number): void {
  vmcs.abortIndicator = code;
  c.stop = { kind: "shutdown", what: `VMX abort ${code}` };
  c.fault = FAULT_STOP;
}

/** Takes everything that VM entry put into the processor's vendor-neutral slots away. */
function leaveGuest(core: VmxCore): void {
  const { c, s } = core;
  s.fill(0, STATE.INTERCEPTS, STATE.INTERCEPTS + INTERCEPT_COUNT);
  s[STATE.CR0_MASK] = 0;
  s[STATE.CR0_SHADOW] = 0;
  s[STATE.CR4_MASK] = 0;
  s[STATE.CR4_SHADOW] = 0;
  s[STATE.EXCEPTION_INTERCEPTS] = 0;
  s[STATE.TSC_OFFSET] = 0;
  s[STATE.TSC_OFFSET + 1] = 0;
  s[STATE.TSC_MULTIPLIER] = 0;
  s[STATE.TSC_MULTIPLIER + 1] = 0;
  s[STATE.EVENTS]! &= ~(STATE.EVENT_VIRTUALIZATION | STATE.EVENT_DEBUG_TRAP);
  s[W.PENDING_MTF] = 0;
  leaveVirtualApic(core);
  s[STATE.VIRTUALIZATION_MODE] = MODE_ROOT;
  s[STATE.TRACE_LEVEL] = s[W.ROOT_TRACE_LEVEL]!;
  c.secondStage = null;
}

/** NMIs are blocked after an exit that an NMI caused; a virtual-NMI blocking of the guest is not the host's. */
function blockingAfterExit({ s, information }: VmxCore): number {
  const byNmi = information.interruption < 0 && ((information.interruption >>> 8) & 7) === TYPE_NMI;
  if (byNmi) return NMI_BLOCKING;
  return (s[W.PIN]! & C.VIRTUAL_NMIS) !== 0 ? 0 : s[STATE.INTERRUPTIBILITY]! & NMI_BLOCKING;
}

function enterRoot(core: VmxCore): void {
  leaveGuest(core);
  const pdptesValid = loadHostState(core, core.vmcs);
  core.resident = null;
  selectRootContext(core);
  if (!pdptesValid) abort(core, ABORT_HOST_PDPTES);
  else if (loadMsrArea(core, LOAD_AREA) !== 0) abort(core, ABORT_LOADING_MSRS);
}

/**
 * Makes the VM exit that `core.information` describes (SDM 3C "VM Exits"). Afterwards the processor is in root mode with host state, and
 * its pending fault is "exit".
 */
export function makeExit(core: VmxCore): void {
  const { c, s } = core;
  c.settleTime();
  const blocking = blockingAfterExit(core);
  writeInformation(core);
  saveGuestState(core);
  c.fault = FAULT_NONE;
  if (storeMsrArea(core, STORE_AREA) !== 0) {
    abort(core, ABORT_SAVING_MSRS);
    return;
  }
  noteGuestContext(core);
  if (mayKeepGuestState(core)) keepGuestState(core);
  else enterRoot(core);
  s[STATE.INTERRUPTIBILITY] = blocking;
  if (c.fault !== FAULT_STOP) c.noteExit();
  traceExit(core);
}

/**
 * A VM entry that fails after the checks of controls and host state: exit 33 or 34 (SDM 3C "VM-Entry Failures During or After Loading
 * Guest State"). Nothing of the guest is saved, and only reason and qualification are recorded.
 */
export function failEntry(core: VmxCore, reason: number, qualification: number): void {
  const { c, s, vmcs } = core;
  c.settleTime();
  vmcs.set(F.EXIT_REASON, reason | ENTRY_FAILURE, 0);
  vmcs.set(F.EXIT_QUALIFICATION, qualification, 0);
  const blocking = s[STATE.INTERRUPTIBILITY]! & NMI_BLOCKING;
  enterRoot(core);
  s[STATE.INTERRUPTIBILITY] = blocking;
  if (c.fault !== FAULT_STOP) c.noteExit();
  traceExit(core);
}

function traceExit(core: VmxCore): void {
  if (core.c.trace !== null && !core.hasRootClient) traceVmexit(core.c.trace, core.vmcs);
}
