import { STATE } from "@hvdiff/cpu";
import { EXIT_REASONS } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { OwedException } from "./l0-state.ts";
import { isNotification, processesPostedInterrupts, processPosted, takeDescriptor } from "./posted-interrupts.ts";
import { takeStartup } from "./startup.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";
import type { VmxVcpuState } from "./vmx-vcpu-state.ts";

const { CPUID, IO_INSTRUCTION, MSR_READ, VMREAD, VMWRITE, VMCLEAR, VMPTRLD, VMPTRST } = EXIT_REASONS;
const VALID = 1 << 31;
const VECTOR = 0xff;
const ERROR_CODE = 1 << 11;
const TYPE_HARDWARE_EXCEPTION = 3 << 8;
const RFLAGS_IF = 0x200;
const RFLAGS_RF = 1 << 16;
const VECTOR_DEBUG = 1;
/** B0 to B3 of DR6, and GD of DR7. */
const BREAKPOINTS_MET = 15;
const GENERAL_DETECT = 1 << 13;
const VECTOR_PAGE_FAULT = 14;
const TYPE_NMI = 2 << 8;
const VECTOR_NMI = 2;
const ACTIVITY_HLT = 1;
const BLOCKED_BY_STI_OR_MOV_SS = 3;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const BLOCKED_BY_NMI = 8;
const BLOCKED_FOR_NMI = BLOCKED_BY_STI_OR_MOV_SS | BLOCKED_BY_NMI;

/** Silicon has told that it delivers the event, and tells that again. */
function takeBackDelivery({ l0, index }: VmxVcpu, vector: number): void {
  l0.machine.trace.takeBack(
    (event) =>
      event.vcpu === index &&
      (event.kind === "interrupt" || event.kind === "exception") &&
      event.data["vector"] === vector,
  );
}

/**
 * Before each entry: what L0 owes the level that runs next. Order: INIT and start-up IPIs, a monitor trap, an event whose delivery was
 * interrupted, an exception L0 raised, then a pending interrupt, which may first have to become an exit to L1. Leaves a processor that
 * nothing wakes halted.
 */
export function deliverPending(vcpu: VmxVcpu): void {
  const { state } = vcpu;
  state.eventsRequested = false;
  state.eventsEvaluated = false;
  state.reinjectedOnly = false;
  if (state.routesChanged) noteRoutes(vcpu);
  takeStartup(vcpu);
  if (state.halted && vcpu.events.haltedL2 === "woken-by-events-of-l1") processNotification(vcpu);
  if (state.waitsForStartup || (state.halted && !isWoken(vcpu))) return;
  if (state.woken) endHalt(vcpu);
  if (state.monitorTrapOwed) {
    state.monitorTrapOwed = false;
    vcpu.handlers.reflectMonitorTrap();
  }
  if (state.reinject !== null) {
    deliverAgain(vcpu, state.reinject);
    state.reinject = null;
    if (state.guestMode && vcpu.events.besideReinjection === "left-until-requested") {
      state.reinjectedOnly = true;
      return;
    }
  }
  if (state.owed !== null) deliverOwed(vcpu, state.owed);
  if (vcpu.interrupts.nmiPending) deliverNmi(vcpu);
  deliverInterrupt(vcpu);
  takeNotified(vcpu);
  state.halted = false;
}

/** An event whose delivery was cut short, here or on another host, is what the next entry injects. */
function deliverAgain(
  vcpu: VmxVcpu,
  { information, errorCode, length, isTold }: NonNullable<VmxVcpuState["reinject"]>,
) {
  const v = vcpu.current;
  if (isTold) takeBackDelivery(vcpu, information & VECTOR);
  v.set(F.vmEntryInterruptionInformation, information, 0);
  v.set(F.vmEntryExceptionErrorCode, errorCode, 0);
  v.set(F.vmEntryInstructionLength, length, 0);
}

/** Without an event, whoever has halted: L0, or silicon in L2. Where nobody has, the next HLT ends at once. */
function endHalt({ state, current }: VmxVcpu): void {
  if (state.halted) state.woken = false;
  else if (current.lo(F.guestActivityState) === ACTIVITY_HLT) {
    state.woken = false;
    current.set(F.guestActivityState, 0, 0);
  }
}

/** Ends of which interrupts the I/O APIC is to hear of. What is noted while L2 runs is lost with vmcs02. */
function noteRoutes(vcpu: VmxVcpu): void {
  const { state } = vcpu;
  state.routesChanged = false;
  if (!state.guestMode) state.notedEnds = vcpu.l0.pc.ioApic.levelTriggeredVectors();
}

/** What L2 has been notified of comes to it, if it is still what runs. */
function takeNotified(vcpu: VmxVcpu): void {
  if (vcpu.state.notified) takeDescriptor(vcpu);
  vcpu.state.notified = false;
}

/** What is posted to an L2 that L0 has halted changes what its virtual APIC requests, and wakes nobody. */
function processNotification(vcpu: VmxVcpu): void {
  const { interrupts } = vcpu;
  takeNotified(vcpu);
  if (interrupts.pending && isNotification(vcpu, interrupts.highestRequest))
    processPosted(vcpu, interrupts.acknowledge());
}

/** Exits of L1 for instructions that have nothing to do with interrupts. */
const WITHOUT_EVENTS: ReadonlySet<number> = new Set(
  [CPUID, IO_INSTRUCTION, MSR_READ, VMREAD, VMWRITE, VMCLEAR, VMPTRLD, VMPTRST].map(({ number }) => number),
);

/** Whether what L0 does for this exit of L1 cannot make an interrupt deliverable. */
export function leavesEventsAlone(v: VmcsView): boolean {
  return WITHOUT_EVENTS.has(v.lo(F.exitReason) & 0xffff);
}

/** Whether the level that runs, or L1 by an exit, takes interrupts. */
function takesInterrupts(vcpu: VmxVcpu): boolean {
  const interruptible = (vcpu.current.lo(F.guestRflags) & RFLAGS_IF) !== 0;
  return interruptible || (vcpu.state.guestMode && vcpu.handlers.l1TakesInterrupts());
}

function takesNmis(vcpu: VmxVcpu): boolean {
  const blocked = (vcpu.current.lo(F.guestInterruptibilityState) & BLOCKED_BY_NMI) !== 0;
  return !blocked || (vcpu.state.guestMode && vcpu.handlers.l1HasVirtualNmis());
}

/** Whether what has come ends HLT. */
function isWoken(vcpu: VmxVcpu): boolean {
  const { interrupts, state } = vcpu;
  return state.woken || (interrupts.pending && takesInterrupts(vcpu)) || (interrupts.nmiPending && takesNmis(vcpu));
}

/** Whether an interrupt could ever end HLT: IF is on, or L1 takes interrupts as exits. */
export function canWake(vcpu: VmxVcpu): boolean {
  return takesInterrupts(vcpu) || isWoken(vcpu);
}

/** Whether an exit to L1 may come before silicon has run what is to be entered: no entry of L1's and no event is under way. */
export function isBetweenInstructions(vcpu: VmxVcpu): boolean {
  return !vcpu.state.runPending && (vcpu.current.lo(F.vmEntryInterruptionInformation) & VALID) === 0;
}

/** Silicon shall come back as soon as it has done what is under way. */
export function comeBackSoon(vcpu: VmxVcpu): void {
  vcpu.l0.machine.requestHostInterrupt(vcpu.index);
}

/** An exception that L0 found in an instruction it did: L1's, if it is L2's and L1 asked for it; else it is injected. */
function deliverOwed(vcpu: VmxVcpu, owed: OwedException): void {
  const { vector, errorCode, low, high } = owed;
  const v = vcpu.current;
  const flags = v.lo(F.guestRflags);
  vcpu.state.owed = null;
  if (vcpu.state.guestMode && vcpu.events.exceptionRegisters === "when-raised") noteRegisters(vcpu, owed);
  // The image of RFLAGS that a fault pushes or an exit saves has RF set.
  if (vector !== VECTOR_DEBUG) v.set(F.guestRflags, v.lo(F.guestRflags) | RFLAGS_RF, 0);
  const information = VALID | TYPE_HARDWARE_EXCEPTION | vector | (errorCode >= 0 ? ERROR_CODE : 0);
  if (vcpu.state.guestMode) {
    v.set(F.vmExitInterruptionInformation, information, 0);
    v.set(F.vmExitInterruptionErrorCode, Math.max(errorCode, 0), 0);
    v.set(F.exitQualification, low, high);
    if (vcpu.handlers.reflectException()) return;
    if (vcpu.events.exceptionMeetsInterrupt === "dropped" && takenByL1(vcpu) && isBetweenInstructions(vcpu)) {
      // Interrupts are looked at right behind this.
      v.set(F.guestRflags, flags, 0);
      return;
    }
    if (vcpu.events.exceptionMeetsInterrupt === "follows-exit" && takenByL1(vcpu)) interruptExit(vcpu);
  }
  if ((vcpu.current.lo(F.vmEntryInterruptionInformation) & VALID) !== 0) vcpu.l0.count("events.overwritten");
  vcpu.current.set(F.vmEntryInterruptionInformation, information, 0);
  vcpu.current.set(F.vmEntryExceptionErrorCode, Math.max(errorCode, 0), 0);
  noteRegisters(vcpu, owed);
  if (vector === VECTOR_DEBUG) vcpu.current.set(F.guestDr7, vcpu.current.lo(F.guestDr7) & ~GENERAL_DETECT, 0);
}

/** Injecting an exception changes neither CR2 nor a debug register (SDM 3C "Event Injection"). */
function noteRegisters({ silicon: { s } }: VmxVcpu, { vector, low, high }: OwedException): void {
  if (vector === VECTOR_DEBUG) s[STATE.DR6] = (s[STATE.DR6]! & ~BREAKPOINTS_MET) | low;
  if (vector !== VECTOR_PAGE_FAULT) return;
  s[STATE.CR2] = low;
  s[STATE.CR2 + 1] = high;
}

/** An NMI becomes an exit to L1 where L1 asked for that; else it is injected, as soon as the level that runs can take it. */
function deliverNmi(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  if (vcpu.state.guestMode && vcpu.handlers.l1TakesNmis()) {
    nmiExit(vcpu);
    return;
  }
  const free = (v.lo(F.vmEntryInterruptionInformation) & VALID) === 0;
  if (!free || (v.lo(F.guestInterruptibilityState) & BLOCKED_FOR_NMI) !== 0) {
    openNmiWindow(vcpu);
    return;
  }
  vcpu.interrupts.takeNmi();
  const controls = v.lo(F.primaryProcessorBasedControls);
  v.set(F.vmEntryInterruptionInformation, VALID | TYPE_NMI | VECTOR_NMI, 0);
  const wanted = vcpu.handlers.l1WindowRequest(C.PROC_NMI_WINDOW);
  v.set(F.primaryProcessorBasedControls, (controls & ~C.PROC_NMI_WINDOW) | wanted, 0);
  v.set(F.guestActivityState, 0, 0);
}

/** Behind STI silicon makes an NMI-window exit at once, although the NMI has to wait; interrupts, which are on, wait as long. */
function openNmiWindow(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  const isBehindSti = (v.lo(F.guestInterruptibilityState) & BLOCKED_BY_STI) !== 0;
  const window = isBehindSti ? C.PROC_INTERRUPT_WINDOW : C.PROC_NMI_WINDOW;
  v.set(F.primaryProcessorBasedControls, v.lo(F.primaryProcessorBasedControls) | window, 0);
}

/** An NMI that L1 takes as an exit from L2. Without virtual NMIs it is blocked while an earlier one is being handled. */
function nmiExit(vcpu: VmxVcpu): void {
  const shadow = vcpu.current.lo(F.guestInterruptibilityState);
  const blocking = vcpu.handlers.l1HasVirtualNmis() ? BLOCKED_BY_MOV_SS : BLOCKED_BY_MOV_SS | BLOCKED_BY_NMI;
  if (!isBetweenInstructions(vcpu)) comeBackSoon(vcpu);
  else if ((shadow & blocking) !== 0) openNmiWindow(vcpu);
  else {
    vcpu.interrupts.takeNmi();
    vcpu.handlers.reflectNmi();
  }
}

/** Whether an interrupt waits that L1 gets as an exit of L2's. */
function takenByL1(vcpu: VmxVcpu): boolean {
  return vcpu.interrupts.pending && vcpu.state.guestMode && vcpu.handlers.l1TakesInterrupts();
}

function deliverInterrupt(vcpu: VmxVcpu): void {
  if (takenByL1(vcpu)) interruptExit(vcpu);
  else if (vcpu.state.guestMode && vcpu.events.directInterrupts === "injected-while-requested") injectRequested(vcpu);
  else if (vcpu.interrupts.pending) injectOrWait(vcpu);
}

/** Injects the highest interrupt that is requested of the local APIC, which is not told; where L2 cannot take it, that is all. */
function injectRequested(vcpu: VmxVcpu): void {
  const vector = vcpu.interrupts.highestRequest;
  if (vector < 0 || !isOpen(vcpu) || vcpu.handlers.l1TakesInterrupts()) return;
  vcpu.current.set(F.vmEntryInterruptionInformation, VALID | vector, 0);
  vcpu.current.set(F.guestActivityState, 0, 0);
}

/** Whether the level that runs can take an interrupt right now. */
function isOpen(vcpu: VmxVcpu): boolean {
  const v = vcpu.current;
  return (
    (v.lo(F.vmEntryInterruptionInformation) & VALID) === 0 &&
    (v.lo(F.guestRflags) & RFLAGS_IF) !== 0 &&
    (v.lo(F.guestInterruptibilityState) & BLOCKED_BY_STI_OR_MOV_SS) === 0
  );
}

/** A pending interrupt becomes an exit to L1, unless an entry or an event of L2 is about to happen: then right after that. */
function interruptExit(vcpu: VmxVcpu): void {
  const isShadowed = (vcpu.current.lo(F.guestInterruptibilityState) & BLOCKED_BY_STI_OR_MOV_SS) !== 0;
  if (!isBetweenInstructions(vcpu) || isShadowed) {
    comeBackSoon(vcpu);
    return;
  }
  const vector = vcpu.handlers.l1Acknowledges() ? vcpu.interrupts.acknowledge() : -1;
  if (processesPostedInterrupts(vcpu) && processPosted(vcpu, vector)) {
    deliverInterrupt(vcpu);
    return;
  }
  vcpu.handlers.reflectInterrupt(vector);
  // L1 runs now, with interrupts off: the line stays asserted until it enables them.
  if (vcpu.interrupts.pending) injectOrWait(vcpu);
}

/** Injects the interrupt into the level that runs, or asks silicon for an exit when it becomes possible. */
function injectOrWait(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  const controls = v.lo(F.primaryProcessorBasedControls);
  if (isOpen(vcpu)) {
    v.set(F.vmEntryInterruptionInformation, VALID | vcpu.interrupts.acknowledge(), 0);
    // One that is over when it is taken leaves the next one pending.
    const own = vcpu.interrupts.pending ? C.PROC_INTERRUPT_WINDOW : 0;
    const wanted = own | vcpu.handlers.l1WindowRequest(C.PROC_INTERRUPT_WINDOW);
    v.set(F.primaryProcessorBasedControls, (controls & ~C.PROC_INTERRUPT_WINDOW) | wanted, 0);
    // An injected interrupt wakes a halted processor.
    v.set(F.guestActivityState, 0, 0);
  } else v.set(F.primaryProcessorBasedControls, controls | C.PROC_INTERRUPT_WINDOW, 0);
}
