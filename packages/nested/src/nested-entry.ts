import { EXIT_REASONS } from "@hvdiff/spec";
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
import * as C from "./controls.ts";
import { usesEpt } from "./ept-exits.ts";
import { eptPointerFor } from "./ept-tables.ts";
import { F } from "./fields.ts";
import type { L0 } from "./l0.ts";
import { count } from "./l0-state.ts";
import { mergeVmcs02 } from "./merge.ts";
import { loadMsrs } from "./msr-lists.ts";
import { failEntry, flushForTransition } from "./nested-exit.ts";
import { loadPerfGlobalForL2 } from "./perf-global.ts";
import type { NestedPolicy } from "./policy.ts";
import { dropShadows, shadowFor } from "./shadow-ept.ts";
import { forgetEpt, forgetVpid, VPID_L2 } from "./silicon-tlb.ts";
import { traceCheck, traceVmentry } from "./trace-events.ts";
import { completeVmx } from "./vmx-result.ts";

const EFER_LMA = 1 << 10;
const ACCESSED_DIRTY = 1n << 6n;
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
export function enterL2(l0: L0, isLaunch: boolean): void {
  const outcome = isLaunch ? vmlaunch(l0.environment) : vmresume(l0.environment);
  if (outcome.kind !== "enter") {
    refuseEntry(l0, isLaunch, outcome);
    return;
  }
  const v12 = l0.environment.currentVmcs()!;
  const context = l0.checkContext;
  context.prepare(v12, l0.state.currentPointer, (l0.v01.lo(F.guestIa32Efer) & EFER_LMA) !== 0);
  // Checks that a product has of its own may look at anything.
  const changed = hasOwnChecks(l0.options.policy) ? CHANGED_ALL : changedGroups(v12, context);
  if ((changed & CHANGED_CONTROLS) !== 0 && failsWith(l0, isLaunch, l0.checks.control, ERROR_CONTROLS)) return;
  if ((changed & CHANGED_HOST) !== 0 && failsWith(l0, isLaunch, l0.checks.host, ERROR_HOST)) return;
  if (l0.options.policy.zeroesExitInformationAtEntry) zeroInformation(l0, v12);
  const guestChecks = l0.checks.guestChecks(
    context,
    (changed & CHANGED_SEGMENTS) !== 0,
    (changed & CHANGED_REGISTERS) !== 0,
  );
  const violated = firstViolation(guestChecks, context);
  if (violated !== null) {
    traceCheck(l0, violated);
    traceVmentry(l0, isLaunch, "failed");
    l0.silicon.retired += 1;
    failEntry(l0, EXIT_REASONS.INVALID_GUEST_STATE.number, violated.qualification ?? 0);
    return;
  }
  v12.changed = 0;
  l0.state.launching = isLaunch;
  l0.state.mergePending = true;
}

function hasOwnChecks(policy: NestedPolicy): boolean {
  return policy.addedEntryChecks.length > 0 || policy.replacedEntryChecks.length > 0;
}

function failsWith(l0: L0, isLaunch: boolean, checks: readonly EntryCheck[], error: number): boolean {
  const violated = firstViolation(checks, l0.checkContext);
  if (violated === null) return false;
  traceCheck(l0, violated);
  l0.environment.currentVmcs()!.set(F.vmInstructionError, error, 0);
  refuseEntry(l0, isLaunch, failValid(error));
  return true;
}

/** VMLAUNCH or VMRESUME fails before anything of L2 is loaded. */
export function refuseEntry(l0: L0, isLaunch: boolean, outcome: VmxOutcome): void {
  traceVmentry(l0, isLaunch, outcomeText(outcome));
  completeVmx(l0, outcome);
}

function zeroInformation(l0: L0, v12: MemoryVmcs): void {
  for (const index of l0.exitInformationFields) v12.set(index, 0, 0);
}

/**
 * What the shadow lets L2 write stands for dirty flags of EPT12. An entry without VPID forgets translations, so a page whose flag L1 has
 * cleared has to be logged again.
 */
function forgetDirtyPages(l0: L0, v12: MemoryVmcs, eptp12: bigint): void {
  const secondary = v12.lo(F.secondaryProcessorBasedControls);
  if ((secondary & C.PROC2_PML) === 0 || (secondary & C.PROC2_VPID) !== 0) return;
  dropShadows(l0.machine.memory, l0.state.pool, l0.state.shadows, eptp12);
  forgetEpt(l0);
}

/** The step after the checks: merge, load the MSR list, and L2 is what runs next. */
export function commitEntry(l0: L0): void {
  const { state, machine } = l0;
  const v12 = l0.environment.currentVmcs()!;
  state.mergePending = false;
  l0.silicon.retired += 1;
  const eptp12 = v12.read("eptPointer");
  const hasEpt = usesEpt(v12);
  if (hasEpt) forgetDirtyPages(l0, v12, eptp12);
  const root = hasEpt ? shadowFor(machine.memory, state.pool, state.shadows, eptp12).root : state.ept01;
  mergeVmcs02({
    v01: l0.v01,
    v12,
    v02: l0.v02,
    ram: l0.options.ram,
    eptp02: eptPointerFor(root, hasEpt && (eptp12 & ACCESSED_DIRTY) !== 0n),
    vpid02: VPID_L2,
    memory: machine.memory,
    msrBitmap02: state.msrBitmap02,
    unbackedVirtualApicPage: l0.options.policy.unbackedVirtualApicPage,
  });
  count(state, "entries.l2");
  flushForEntry(l0, v12);
  loadPerfGlobalForL2(l0, v12);
  loadL2Msrs(l0, v12);
}

/** The MSR-load list decides last whether L2 is entered. */
function loadL2Msrs(l0: L0, v12: MemoryVmcs): void {
  const { state } = l0;
  state.guestMode = true;
  const failed = loadMsrs(l0, v12, "vmEntryMsrLoadCount", "vmEntryMsrLoadAddress", l0.v02);
  // The entry is an event of L1, whatever comes of it.
  state.guestMode = false;
  traceVmentry(l0, state.launching, failed < 0 ? "entered" : "failed");
  if (failed >= 0) {
    failEntry(l0, EXIT_REASONS.MSR_LOAD_FAIL.number, l0.options.policy.msrLoadFailureQualification(failed));
    return;
  }
  state.guestMode = true;
  state.runPending = true;
  l0.vmx.vmptrld(state.vmcs02);
}

/** Silicon's tag for L2 is shared by all of L1's VPIDs: a change of VPID must forget what the last one left. */
function flushForEntry(l0: L0, v12: MemoryVmcs): void {
  const secondary =
    (v12.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) !== 0 ? v12.lo(F.secondaryProcessorBasedControls) : 0;
  const vpid = (secondary & C.PROC2_VPID) !== 0 ? v12.lo(F.virtualProcessorIdentifier) : 0;
  if (vpid !== 0 && vpid !== l0.state.lastVpid12) forgetVpid(l0, VPID_L2);
  l0.state.lastVpid12 = vpid;
  flushForTransition(l0, v12);
}
