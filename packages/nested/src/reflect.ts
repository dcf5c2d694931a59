import { VMCS_FIELD_NAMES, VMCS_FIELDS, type VmcsField } from "@hvdiff/spec";
import type { MemoryVmcs } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { CopyPlans } from "./copy-plans.ts";
import { F } from "./fields.ts";
import { ticksOfL1, timerScale } from "./preemption-timer.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * The way back from L2 to L1: what silicon saved in vmcs02 goes into vmcs12 as far as L1's exit controls say, and L1 goes on with the
 * host state of vmcs12, which becomes guest state of vmcs01.
 */

/** Guest fields whose saving depends on a control, or that exits never write. */
const CONDITIONAL = new Set<VmcsField>([
  "vmcsLinkPointer",
  "guestIa32Efer",
  "guestIa32Pat",
  "guestIa32PerfGlobalCtrl",
  "guestIa32Debugctl",
  "guestDr7",
  "vmxPreemptionTimerValue",
  "guestSmbase",
]);
const SAVED: readonly number[] = VMCS_FIELD_NAMES.filter(
  (name) => VMCS_FIELDS[name].type === "guest" && !CONDITIONAL.has(name),
).map((name) => F[name]);
const savedPlan = new CopyPlans(SAVED, "keep");

function copy(from: MemoryVmcs, to: MemoryVmcs, index: number): number {
  to.set(index, from.lo(index), from.hi(index));
  return 1;
}

/**
 * Saves L2's state into vmcs12 (SDM 3C "Saving Guest State").
 * @returns how many fields were copied
 */
export function saveGuestState(vcpu: VmxVcpu, v12: MemoryVmcs): number {
  const { v02 } = vcpu;
  let copied = savedPlan.copy(v02, v12);
  const exit = v12.lo(F.vmExitControls);
  if ((exit & C.EXIT_SAVE_DEBUG) !== 0) {
    copied += copy(v02, v12, F.guestDr7);
    copied += copy(v02, v12, F.guestIa32Debugctl);
  }
  if ((exit & C.EXIT_SAVE_EFER) !== 0) copied += copy(v02, v12, F.guestIa32Efer);
  if ((exit & C.EXIT_SAVE_PAT) !== 0) copied += copy(v02, v12, F.guestIa32Pat);
  if ((exit & C.EXIT_SAVE_TIMER) !== 0) {
    v12.set(F.vmxPreemptionTimerValue, ticksOfL1(v02.lo(F.vmxPreemptionTimerValue), timerScale(vcpu)), 0);
    copied++;
  }
  saveModeBit(v02, v12);
  return copied;
}

/** Exits record whether L2 was in IA-32e mode in the entry controls. */
function saveModeBit(v02: MemoryVmcs, v12: MemoryVmcs): void {
  const controls = v12.lo(F.vmEntryControls);
  const long = (v02.lo(F.vmEntryControls) & C.ENTRY_IA32E) !== 0;
  v12.set(F.vmEntryControls, long ? controls | C.ENTRY_IA32E : controls & ~C.ENTRY_IA32E, 0);
}

const INFORMATION: readonly number[] = [
  F.vmExitInterruptionInformation,
  F.vmExitInterruptionErrorCode,
  F.idtVectoringInformation,
  F.idtVectoringErrorCode,
  F.vmExitInstructionLength,
  F.vmExitInstructionInformation,
  F.exitQualification,
  F.guestLinearAddress,
  F.guestPhysicalAddress,
  F.ioRcx,
  F.ioRsi,
  F.ioRdi,
  F.ioRip,
];
const informationPlan = new CopyPlans(INFORMATION, "keep");

/** Copies the exit information of an exit that is passed on as it is, and says how many fields that are. */
export function copyExitInformation(v02: MemoryVmcs, v12: MemoryVmcs): number {
  return informationPlan.copy(v02, v12);
}

const EFER_LME_LMA = 0x500;
const FLAT_DATA = 0xc093;
const CODE_32 = 0xc09b;
const CODE_64 = 0xa09b;
const BUSY_TSS = 0x8b;
const UNUSABLE = 0x10000;

interface HostSegment {
  readonly selector: number;
  readonly guest: readonly [selector: number, base: number, limit: number, access: number];
  /** Field of the host area with the base; absent: 0. */
  readonly base?: number;
}

const DATA_SEGMENTS: readonly HostSegment[] = [
  { selector: F.hostEsSelector, guest: [F.guestEsSelector, F.guestEsBase, F.guestEsLimit, F.guestEsAccessRights] },
  { selector: F.hostSsSelector, guest: [F.guestSsSelector, F.guestSsBase, F.guestSsLimit, F.guestSsAccessRights] },
  { selector: F.hostDsSelector, guest: [F.guestDsSelector, F.guestDsBase, F.guestDsLimit, F.guestDsAccessRights] },
  {
    selector: F.hostFsSelector,
    guest: [F.guestFsSelector, F.guestFsBase, F.guestFsLimit, F.guestFsAccessRights],
    base: F.hostFsBase,
  },
  {
    selector: F.hostGsSelector,
    guest: [F.guestGsSelector, F.guestGsBase, F.guestGsLimit, F.guestGsAccessRights],
    base: F.hostGsBase,
  },
];

/** Loads the segments of L1's host state into the guest state that silicon will run. */
function loadSegments(v12: MemoryVmcs, v01: MemoryVmcs, long: boolean): void {
  for (const { selector, guest, base } of DATA_SEGMENTS) {
    const value = v12.lo(selector);
    v01.set(guest[0], value, 0);
    if (base === undefined) v01.set(guest[1], 0, 0);
    else v01.set(guest[1], v12.lo(base), v12.hi(base));
    v01.set(guest[2], -1, 0);
    v01.set(guest[3], value === 0 ? FLAT_DATA | UNUSABLE : FLAT_DATA, 0);
  }
  v01.set(F.guestCsSelector, v12.lo(F.hostCsSelector), 0);
  v01.set(F.guestCsBase, 0, 0);
  v01.set(F.guestCsLimit, -1, 0);
  v01.set(F.guestCsAccessRights, long ? CODE_64 : CODE_32, 0);
  v01.set(F.guestTrSelector, v12.lo(F.hostTrSelector), 0);
  v01.set(F.guestTrBase, v12.lo(F.hostTrBase), v12.hi(F.hostTrBase));
  v01.set(F.guestTrLimit, 0x67, 0);
  v01.set(F.guestTrAccessRights, BUSY_TSS, 0);
  v01.set(F.guestLdtrSelector, 0, 0);
  v01.set(F.guestLdtrBase, 0, 0);
  v01.set(F.guestLdtrAccessRights, UNUSABLE | 0x82, 0);
}

function loadTables(v12: MemoryVmcs, v01: MemoryVmcs): void {
  v01.set(F.guestGdtrBase, v12.lo(F.hostGdtrBase), v12.hi(F.hostGdtrBase));
  v01.set(F.guestIdtrBase, v12.lo(F.hostIdtrBase), v12.hi(F.hostIdtrBase));
  v01.set(F.guestGdtrLimit, 0xffff, 0);
  v01.set(F.guestIdtrLimit, 0xffff, 0);
}

function loadModelSpecific(v12: MemoryVmcs, v01: MemoryVmcs, v02: MemoryVmcs, long: boolean): void {
  const exit = v12.lo(F.vmExitControls);
  const efer = (exit & C.EXIT_LOAD_EFER) !== 0 ? v12.lo(F.hostIa32Efer) : v02.lo(F.guestIa32Efer);
  v01.set(F.guestIa32Efer, (efer & ~EFER_LME_LMA) | (long ? EFER_LME_LMA : 0), 0);
  const pat = (exit & C.EXIT_LOAD_PAT) !== 0 ? ([v12, F.hostIa32Pat] as const) : ([v02, F.guestIa32Pat] as const);
  v01.set(F.guestIa32Pat, pat[0].lo(pat[1]), pat[0].hi(pat[1]));
  v01.set(F.guestIa32SysenterCs, v12.lo(F.hostIa32SysenterCs), 0);
  v01.set(F.guestIa32SysenterEsp, v12.lo(F.hostIa32SysenterEsp), v12.hi(F.hostIa32SysenterEsp));
  v01.set(F.guestIa32SysenterEip, v12.lo(F.hostIa32SysenterEip), v12.hi(F.hostIa32SysenterEip));
  v01.set(F.guestIa32Debugctl, 0, 0);
  v01.set(F.guestDr7, 0x400, 0);
}

/** CR0 bits that a VM exit leaves as they were: ET, CD, NW and the reserved ones. */
const CR0_KEPT = 0x7ffaffd0;
const CR4_PAE = 1 << 5;
const CR4_PCIDE = 1 << 17;

/**
 * Makes L1's host state the state that runs next (SDM 3C "Loading Host State").
 * @param v02 where the registers are found that a VM exit leaves alone
 */
export function loadHostState(v12: MemoryVmcs, v01: MemoryVmcs, v02: MemoryVmcs): void {
  const long = (v12.lo(F.vmExitControls) & C.EXIT_HOST_64) !== 0;
  const cr0 = (v12.lo(F.hostCr0) & ~CR0_KEPT) | (v02.lo(F.guestCr0) & CR0_KEPT);
  v01.set(F.guestCr0, cr0, 0);
  v01.set(F.cr0ReadShadow, cr0, 0);
  const cr4 = long ? v12.lo(F.hostCr4) | CR4_PAE : v12.lo(F.hostCr4) & ~CR4_PCIDE;
  v01.set(F.guestCr4, cr4, 0);
  v01.set(F.cr4ReadShadow, cr4, 0);
  v01.set(F.guestCr3, v12.lo(F.hostCr3), v12.hi(F.hostCr3));
  loadSegments(v12, v01, long);
  loadTables(v12, v01);
  loadModelSpecific(v12, v01, v02, long);
  v01.set(F.guestRip, v12.lo(F.hostRip), v12.hi(F.hostRip));
  v01.set(F.guestRsp, v12.lo(F.hostRsp), v12.hi(F.hostRsp));
  v01.set(F.guestRflags, 2, 0);
  v01.set(F.guestInterruptibilityState, 0, 0);
  v01.set(F.guestActivityState, 0, 0);
  v01.set(F.guestPendingDebugExceptions, 0, 0);
  const entry = v01.lo(F.vmEntryControls);
  v01.set(F.vmEntryControls, long ? entry | C.ENTRY_IA32E : entry & ~C.ENTRY_IA32E, 0);
}
