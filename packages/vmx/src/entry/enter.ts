import { STATE } from "@hvdiff/cpu";
import { exitReasonNumber, vmInstructionErrorNumber } from "@hvdiff/spec";
import { enterVirtualApic } from "../apic/enter-apic.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { failEntry } from "../exit/exit.ts";
import * as F from "../fields.ts";
import { vmFail } from "../instructions/fail.ts";
import { takeKeptState } from "../kept-state.ts";
import { CHANGED_CONTROLS, CHANGED_HOST, CHANGED_REGISTERS, CHANGED_SEGMENTS } from "../memory-vmcs.ts";
import { loadMsrArea, type MsrArea } from "../msr-area.ts";
import { ENTER, EXIT, outcomeText, type VmxOutcome } from "../outcome.ts";
import * as W from "../state.ts";
import { noteRootContext, selectGuestContext } from "../tlb-contexts.ts";
import { traceCheck, traceVmentry } from "../trace.ts";
import { changedGroups } from "./changed-groups.ts";
import { type EntryCheck, firstViolation } from "./check.ts";
import { injectEvent, schedulePendingDebug } from "./inject.ts";
import { loadGuestState } from "./load.ts";
import { fillSlots } from "./slots.ts";
import { stopsForControls } from "./unimplemented.ts";

const ERROR_CONTROLS = vmInstructionErrorNumber("entryInvalidControls");
const ERROR_HOST_STATE = vmInstructionErrorNumber("entryInvalidHostState");
const INVALID_GUEST_STATE = exitReasonNumber("INVALID_GUEST_STATE");
const MSR_LOAD_FAIL = exitReasonNumber("MSR_LOAD_FAIL");
const LOAD_AREA: MsrArea = { count: F.VM_ENTRY_MSR_LOAD_COUNT, address: F.VM_ENTRY_MSR_LOAD_ADDRESS };
const EFER_LMA = 1 << 10;
const MODE_GUEST = 2;

/** Runs the checks that can make the instruction fail; null when all hold. */
function checkControlsAndHost(core: VmxCore, changed: number): VmxOutcome | null {
  const { checkContext, checkPlan, environment } = core;
  const control = (changed & CHANGED_CONTROLS) === 0 ? null : firstViolation(checkPlan.control, checkContext);
  if (control !== null) {
    core.failedCheck = control.id;
    return vmFail(environment, ERROR_CONTROLS);
  }
  const host = (changed & CHANGED_HOST) === 0 ? null : firstViolation(checkPlan.host, checkContext);
  if (host === null) return null;
  core.failedCheck = host.id;
  return vmFail(environment, ERROR_HOST_STATE);
}

function checkGuest(core: VmxCore, changed: number): EntryCheck | null {
  const checks = core.checkPlan.guestChecks(
    core.checkContext,
    (changed & CHANGED_SEGMENTS) !== 0,
    (changed & CHANGED_REGISTERS) !== 0,
  );
  return firstViolation(checks, core.checkContext);
}

function traceEntry(core: VmxCore, isLaunch: boolean, result: string): void {
  const trace = core.c.trace;
  if (trace === null || core.hasRootClient) return;
  traceVmentry(trace, isLaunch, result);
  if (core.failedCheck !== null) traceCheck(trace, core.failedCheck);
}

function enterFailure(core: VmxCore, isLaunch: boolean, reason: number, qualification: number): VmxOutcome {
  traceEntry(core, isLaunch, "failed");
  failEntry(core, reason, qualification);
  return EXIT;
}

function saveRootState(core: VmxCore): void {
  const { s } = core;
  s[W.ROOT_TRACE_LEVEL] = s[STATE.TRACE_LEVEL]!;
  noteRootContext(core);
}

function useSecondStage({ c, s, vmcs, ept }: VmxCore, secondary: number): void {
  if ((secondary & C.ENABLE_EPT) === 0) {
    c.secondStage = null;
    return;
  }
  s[W.EPTP] = vmcs.lo(F.EPT_POINTER);
  s[W.EPTP + 1] = vmcs.hi(F.EPT_POINTER);
  ept.use(s[W.EPTP]!, s[W.EPTP + 1]!);
  c.secondStage = ept;
}

/** From here the guest's code is what runs. */
function becomeGuest(core: VmxCore, secondary: number, stale: number): void {
  const { s } = core;
  s[STATE.VIRTUALIZATION_MODE] = MODE_GUEST;
  s[STATE.TRACE_LEVEL] = s[W.GUEST_TRACE_LEVEL] !== 0 ? s[W.GUEST_TRACE_LEVEL]! : s[W.ROOT_TRACE_LEVEL]! + 1;
  enterVirtualApic(core);
  if (stale === 0) return;
  useSecondStage(core, secondary);
  selectGuestContext(core);
}

/**
 * VM entry after the preconditions of VMLAUNCH or VMRESUME hold: checks, guest state, MSRs, event injection (SDM 3C "VM Entries").
 * @returns "enter" in non-root mode, "exit" when the processor is back in root mode by exit 33 or 34 or by an exit during event
 *   injection (or the run is stopped), or how the instruction failed
 */
export function enterGuest(core: VmxCore, isLaunch: boolean): VmxOutcome {
  const { c, s, environment, checkContext: x } = core;
  const vmcs = environment.currentVmcs()!;
  core.failedCheck = null;
  // State is only kept in the registers of a root mode that is 64-bit.
  const isHostLongMode = c.f64[W.KEPT_POINTER] !== 0 || (s[STATE.EFER]! & EFER_LMA) !== 0;
  x.prepare(vmcs, environment.currentPointer, isHostLongMode);
  const changed = changedGroups(vmcs, x);
  const failed = checkControlsAndHost(core, changed);
  if (failed !== null) {
    traceEntry(core, isLaunch, outcomeText(failed));
    return failed;
  }
  if (stopsForControls(core, x)) return EXIT;
  saveRootState(core);
  const guest = checkGuest(core, changed);
  if (guest !== null) {
    core.failedCheck = guest.id;
    return enterFailure(core, isLaunch, INVALID_GUEST_STATE, guest.qualification ?? 0);
  }
  c.settleTime();
  vmcs.changed = 0;
  const stale = takeKeptState(core, vmcs, x.entry);
  vmcs.stale = 0;
  loadGuestState(core, x, stale);
  const badMsr = loadMsrArea(core, LOAD_AREA);
  if (badMsr !== 0) return enterFailure(core, isLaunch, MSR_LOAD_FAIL, badMsr);
  if (isLaunch) vmcs.launched = true;
  fillSlots(core, x, stale);
  traceEntry(core, isLaunch, "entered");
  becomeGuest(core, x.secondary, stale);
  if (x.isInjecting) injectEvent(core, x);
  else schedulePendingDebug(core);
  return s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && c.stop === null ? ENTER : EXIT;
}
