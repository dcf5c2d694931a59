import { EXIT_REASONS, VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";
import {
  CHANGED_ALL,
  CHANGED_CONTROLS,
  CHANGED_HOST,
  CHANGED_REGISTERS,
  CHANGED_SEGMENTS,
  changedGroups,
  ENTRY_CHECKS,
  type EntryCheck,
  type EntryCheckLists,
  failValid,
  firstViolation,
  type MemoryVmcs,
  outcomeText,
  type VmxOutcome,
  vmlaunch,
  vmresume,
} from "@hvdiff/vmx";
import { copyKind, noteCopy, switchVmcs } from "./accounting.ts";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { noteEnlightenedClean, useEnlightened } from "./enlightened/enlightened-vmcs.ts";
import { secondStage02 } from "./ept02.ts";
import { F } from "./fields.ts";
import { isGuestRam } from "./host-layout.ts";
import { mergeVmcs02 } from "./merge.ts";
import { planMsrBitmap } from "./msr-bitmap-plan.ts";
import { loadMsrs } from "./msr-lists.ts";
import { failEntry, flushForTransition } from "./nested-exit.ts";
import type { NestedPolicy } from "./policy.ts";
import { timerScale } from "./preemption-timer.ts";
import { stoppedWithDump } from "./register-dump.ts";
import { keepShadow } from "./shadow-access.ts";
import { forgetVpid, VPID_L2 } from "./silicon-tlb.ts";
import { traceCheck, traceVmentry } from "./trace-events.ts";
import { loadRegistersForL2 } from "./transition-registers.ts";
import { completeVmx } from "./vmx-result.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const MERGED = copyKind("vmcs12", "vmcs02");
const EFER_LMA = 1 << 10;
const ACTIVITY_HLT = 1;
const ERROR_CONTROLS = 7;
const ERROR_HOST = 8;

function listFor(checks: readonly EntryCheck[], policy: NestedPolicy): readonly EntryCheck[] {
  const group = checks[0]!.group;
  const kept = checks.filter((check) => !policy.skippedEntryChecks.includes(check.id));
  const replaced = kept.map((check) => policy.replacedEntryChecks.find((other) => other.id === check.id) ?? check);
  return [...policy.addedEntryChecks.filter((check) => check.group === group), ...replaced];
}

/** The checks that an L0 makes on vmcs12: the architecture's, as its policy changes them. Errors: a policy that names an unknown check. */
export function entryCheckLists(policy: NestedPolicy): EntryCheckLists {
  const { control, host, guest } = ENTRY_CHECKS;
  const known = new Set([...control, ...host, ...guest].map((check) => check.id));
  for (const id of [...policy.skippedEntryChecks, ...policy.replacedEntryChecks.map((check) => check.id)]) {
    if (!known.has(id)) throw new Error(`policy names an unknown VM-entry check: ${id}`);
  }
  return { control: listFor(control, policy), host: listFor(host, policy), guest: listFor(guest, policy) };
}

/** VMLAUNCH and VMRESUME of L1, from the preconditions to the merged vmcs02. */
export function enterL2(vcpu: VmxVcpu, isLaunch: boolean): void {
  const refused = useEnlightened(vcpu, isLaunch);
  vcpu.history?.note({ way: "enlightened.load" });
  const current = vcpu.environment.currentVmcs();
  if (current !== null) vcpu.shadow?.collect(current, isLaunch ? "VMLAUNCH" : "VMRESUME");
  const outcome = refused ?? (isLaunch ? vmlaunch(vcpu.environment) : vmresume(vcpu.environment));
  if (outcome.kind !== "enter") {
    refuseEntry(vcpu, isLaunch, outcome);
    return;
  }
  const v12 = vcpu.environment.currentVmcs()!;
  const context = vcpu.checkContext;
  context.prepare(v12, vcpu.state.currentPointer, (vcpu.v01.lo(F.guestIa32Efer) & EFER_LMA) !== 0);
  // Checks that a product has of its own may look at anything.
  const changed = hasOwnChecks(vcpu.l0.options.policy) ? CHANGED_ALL : changedGroups(v12, context);
  if ((changed & (CHANGED_CONTROLS | CHANGED_HOST)) !== 0) vcpu.l0.count("entries.changed-controls");
  if ((changed & CHANGED_CONTROLS) !== 0 && failsWith(vcpu, isLaunch, vcpu.l0.checks.control, ERROR_CONTROLS)) return;
  if ((changed & CHANGED_HOST) !== 0 && failsWith(vcpu, isLaunch, vcpu.l0.checks.host, ERROR_HOST)) return;
  if (vcpu.l0.options.policy.zeroesExitInformationAtEntry) zeroInformation(v12);
  const guestChecks = vcpu.l0.checks.guestChecks(
    context,
    (changed & CHANGED_SEGMENTS) !== 0,
    (changed & CHANGED_REGISTERS) !== 0,
  );
  const violated = firstViolation(guestChecks, context);
  if (violated !== null) {
    traceCheck(vcpu, violated);
    traceVmentry(vcpu, isLaunch, "failed");
    vcpu.silicon.retired += 1;
    failEntry(vcpu, EXIT_REASONS.INVALID_GUEST_STATE.number, violated.qualification ?? 0);
    return;
  }
  v12.changed = 0;
  vcpu.state.launching = isLaunch;
  vcpu.state.mergePending = true;
}

/** Where a product cannot do without RAM behind the APIC-access page, the run ends. */
function stopsForApicAccessPage(vcpu: VmxVcpu, v12: MemoryVmcs): boolean {
  const { policy, ram } = vcpu.l0.options;
  if (typeof policy.unbackedApicAccessPage === "string" || (activeSecondary(v12) & C.PROC2_VIRTUALIZE_APIC) === 0)
    return false;
  if (isGuestRam(Number(v12.read("apicAccessAddress")), ram)) return false;
  vcpu.outcome = stoppedWithDump(vcpu, policy.unbackedApicAccessPage.stops);
  return true;
}

function hasOwnChecks(policy: NestedPolicy): boolean {
  return policy.addedEntryChecks.length > 0 || policy.replacedEntryChecks.length > 0;
}

function failsWith(vcpu: VmxVcpu, isLaunch: boolean, checks: readonly EntryCheck[], error: number): boolean {
  const violated = firstViolation(checks, vcpu.checkContext);
  if (violated === null) return false;
  traceCheck(vcpu, violated);
  vcpu.environment.currentVmcs()!.set(F.vmInstructionError, error, 0);
  refuseEntry(vcpu, isLaunch, failValid(error));
  return true;
}

/** VMLAUNCH or VMRESUME fails before anything of L2 is loaded. */
export function refuseEntry(vcpu: VmxVcpu, isLaunch: boolean, outcome: VmxOutcome): void {
  traceVmentry(vcpu, isLaunch, outcomeText(outcome));
  completeVmx(vcpu, outcome);
}

const EXIT_INFORMATION: readonly number[] = VMCS_FIELD_NAMES.filter(
  (name) => VMCS_FIELDS[name].type === "readOnly" && name !== "vmInstructionError",
).map((name) => F[name]);

function zeroInformation(v12: MemoryVmcs): void {
  for (const index of EXIT_INFORMATION) v12.set(index, 0, 0);
}

/**
 * Builds vmcs02 of vmcs01 and vmcs12.
 * @returns how many fields it has got
 */
export function makeVmcs02(vcpu: VmxVcpu, v12: MemoryVmcs): number {
  const { state } = vcpu;
  const { machine, options } = vcpu.l0;
  return mergeVmcs02({
    v01: vcpu.v01,
    v12,
    v02: vcpu.v02,
    ram: options.ram,
    secondStage: secondStage02(vcpu, v12),
    vpid02: VPID_L2,
    memory: machine.memory,
    msrBitmap02: state.msrBitmap02,
    msrBitmap: planMsrBitmap(vcpu, v12),
    policy: options.policy,
    timerScale: timerScale(vcpu),
    haltsInL0: vcpu.events.haltedL2 === "woken-by-events-of-l1",
    history: vcpu.history,
  });
}

/** The step after the checks: merge, load the MSR list, and L2 is what runs next. */
export function commitEntry(vcpu: VmxVcpu): void {
  const { state } = vcpu;
  const v12 = vcpu.environment.currentVmcs()!;
  state.mergePending = false;
  if (stopsForApicAccessPage(vcpu, v12)) return;
  vcpu.silicon.retired += 1;
  const merged = makeVmcs02(vcpu, v12);
  noteCopy(vcpu, MERGED, merged, state.launching ? "VMLAUNCH" : "VMRESUME");
  keepShadow(vcpu, v12);
  noteEnlightenedClean(vcpu);
  vcpu.l0.count("entries.l2");
  flushForEntry(vcpu, v12);
  loadRegistersForL2(vcpu, v12);
  loadL2Msrs(vcpu, v12);
}

/** The MSR-load list decides last whether L2 is entered. */
function loadL2Msrs(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  const { state } = vcpu;
  state.guestMode = true;
  const failed = loadMsrs(vcpu, v12, "vmEntryMsrLoadCount", "vmEntryMsrLoadAddress", vcpu.v02);
  vcpu.history?.note({ way: "entry.msrList" });
  // The entry is an event of L1, whatever comes of it.
  state.guestMode = false;
  traceVmentry(vcpu, state.launching, failed < 0 ? "entered" : "failed");
  if (failed >= 0) {
    failEntry(vcpu, EXIT_REASONS.MSR_LOAD_FAIL.number, vcpu.l0.options.policy.msrLoadFailureQualification(failed));
    return;
  }
  state.guestMode = true;
  state.runPending = true;
  state.halted = vcpu.l0.options.policy.haltsBeforeInjectedEvent && injectsWhileHalted(v12);
  switchVmcs(vcpu, state.vmcs02);
}

function injectsWhileHalted(v12: MemoryVmcs): boolean {
  return v12.lo(F.guestActivityState) === ACTIVITY_HLT && v12.lo(F.vmEntryInterruptionInformation) < 0;
}

/** Silicon's tag for L2 is shared by all of L1's VPIDs: a change of VPID must forget what the last one left. */
function flushForEntry(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  const vpid = (activeSecondary(v12) & C.PROC2_VPID) !== 0 ? v12.lo(F.virtualProcessorIdentifier) : 0;
  if (vpid !== 0 && vpid !== vcpu.state.lastVpid12) forgetVpid(vcpu, VPID_L2);
  vcpu.state.lastVpid12 = vpid;
  flushForTransition(vcpu, v12);
}
