import type { Outcome } from "@hvdiff/machine";
import { EXIT_REASONS } from "@hvdiff/spec";
import {
  EPT_USER_EXECUTE,
  isSubPageWritable,
  SUB_PAGES_FOUND,
  SUB_PAGES_MISS,
  type VmcsView,
  WALK_LOG_FULL,
  WALK_MAPPED,
  WALK_MISCONFIGURED,
  WALK_VIOLATION,
} from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { EPT_EXECUTE, EPT_READ, EPT_WRITE, mapPage } from "./ept-tables.ts";
import { F } from "./fields.ts";
import { finishInstruction } from "./guest-instructions.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import { exitToL1 } from "./nested-exit.ts";
import { stoppedWithDump } from "./register-dump.ts";
import { fillShadow, shadowFor } from "./shadow-ept.ts";
import { fillSubPages, subPagesOfL1, subPageTableFor, usesSubPages } from "./sub-pages.ts";
import { raiseVirtualizationException } from "./virtualization-exception.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const ACCESSED_DIRTY = 1n << 6n;
const FRAME = 0xf_ffff_ffff_f000n;
const PERMISSION_BITS = 0x78;
const LINEAR_USER = 1 << 9;
/** An access to what a linear address leads to, not to a guest paging structure. */
const FINAL_ACCESS = 3 << 7;
/** Bit 11 of the exit qualification. */
const MISS_OF_SUB_PAGES = 1 << 11;
const ALL = EPT_READ | EPT_WRITE | EPT_EXECUTE;

/** An EPT violation or misconfiguration on silicon: a hole of L1's memory, a page the shadow lacks, or EPT12's own fault. */
export function handleEptExit(vcpu: VmxVcpu, basic: number): Outcome | null {
  const v = vcpu.current;
  if (basic === EXIT_REASONS.EPT_MISCONFIG.number)
    throw new Error("silicon reports a misconfiguration of L0's own EPT");
  const address = Number(v.read("guestPhysicalAddress"));
  if (!vcpu.state.guestMode || !usesEpt(v12(vcpu))) return ownAccess(vcpu, address);
  return composeOrReflect(vcpu, v, address);
}

function v12(vcpu: VmxVcpu): VmcsView {
  return vcpu.environment.currentVmcs()!;
}

/** Whether L1 runs L2 with EPT. */
export function usesEpt(vmcs12: VmcsView): boolean {
  return (activeSecondary(vmcs12) & C.PROC2_EPT) !== 0;
}

/** An access of L1, or of an L2 on L1's own memory: to a device of L0's, or where nothing is. */
function ownAccess(vcpu: VmxVcpu, address: number): Outcome | null {
  const page = address - (address % PAGE);
  if (!vcpu.guestCpu.space.isDevice(address) && !vcpu.l0.coversApic(page)) {
    const { unbackedFetch } = vcpu.l0.options.policy;
    const isFetch = (vcpu.current.lo(F.exitQualification) & EPT_EXECUTE) !== 0;
    // There is no instruction that L0 could do.
    if (unbackedFetch !== null && isFetch && isKernelOfL1(vcpu)) return stoppedWithDump(vcpu, unbackedFetch);
    // A later fetch has to come here as well.
    fillHole(vcpu, address, unbackedFetch === null || isFetch ? ALL : EPT_READ | EPT_WRITE);
    return null;
  }
  return emulateAccess(vcpu);
}

function isKernelOfL1({ state, v01 }: VmxVcpu): boolean {
  return !state.guestMode && ((v01.lo(F.guestSsAccessRights) >>> 5) & 3) === 0;
}

/** The instruction is done on the register file. */
function emulateAccess(vcpu: VmxVcpu): Outcome | null {
  const { guestCpu, state, silicon } = vcpu;
  vcpu.interrupts.advanceTo(silicon.retired);
  guestCpu.space.l2Stage = state.guestMode && usesEpt(v12(vcpu)) ? (address) => throughEpt12(vcpu, address) : null;
  const done = guestCpu.executeAtRip(vcpu.current, state);
  guestCpu.space.l2Stage = null;
  if (done) {
    finishInstruction(vcpu);
    return null;
  }
  const { stop } = guestCpu.file;
  if (stop === null) state.owed = guestCpu.owedException();
  else if (stop.kind === "unimplemented")
    return {
      kind: "unimplemented",
      what: `${stop.what} at a device, in L0 [${stop.bytes}]`,
      where: vcpu.l0.machine.where(),
    };
  return null;
}

/** What L1's tables make of an address of L2; the same address where they have nothing. */
export function throughEpt12(vcpu: VmxVcpu, address: number): number {
  prepareWalk(vcpu);
  const root = Number(v12(vcpu).read("eptPointer") & FRAME);
  const end = vcpu.ept12Walk.walk(root, Math.floor(address / PAGE), EPT_READ, false);
  return end === WALK_MAPPED ? vcpu.ept12Walk.hostPage * PAGE + (address % PAGE) : address;
}

/**
 * Holes of L1's physical memory lead to a place where nothing is: reads give FF, writes vanish. RAM is mapped from the start, but for a page
 * that the local APIC lay over.
 */
function fillHole(vcpu: VmxVcpu, address: number, rights: number): void {
  const page = address - (address % PAGE);
  mapPage(
    vcpu.l0.machine.memory,
    vcpu.l0.state.pool,
    vcpu.l0.state.tables01,
    page,
    hostAddress(page, vcpu.l0.options.ram),
    rights,
  );
}

/** The controls of L1 that decide how EPT12 is walked. */
function prepareWalk(vcpu: VmxVcpu): void {
  const secondary = v12(vcpu).lo(F.secondaryProcessorBasedControls);
  vcpu.ept12Walk.isModeBased = (secondary & C.PROC2_MODE_BASED) !== 0;
  vcpu.ept12Walk.log = (secondary & C.PROC2_PML) !== 0 ? vcpu.modificationLog : null;
}

/** The rights that the access needs: with mode-based execute control a fetch has two kinds. */
function neededRights(vcpu: VmxVcpu, qualification: number): number {
  const access = qualification & ALL;
  const isUserFetch = (access & EPT_EXECUTE) !== 0 && vcpu.ept12Walk.isModeBased && (qualification & LINEAR_USER) !== 0;
  return isUserFetch ? EPT_USER_EXECUTE : access;
}

/** An exit that EPT12 itself is the reason of. */
function reflect(vcpu: VmxVcpu, reason: number, qualification: number): null {
  vcpu.current.set(F.exitQualification, qualification, 0);
  exitToL1(vcpu, reason);
  return null;
}

/** Accesses to the page that silicon compares with exit, whatever of L1's lies there. */
function isApicAccessPage(vcpu: VmxVcpu, page: number): boolean {
  const isVirtualized = (vcpu.v02.lo(F.secondaryProcessorBasedControls) & C.PROC2_VIRTUALIZE_APIC) !== 0;
  return isVirtualized && Number(v12(vcpu).read("apicAccessAddress")) === page;
}

function composeOrReflect(vcpu: VmxVcpu, v: VmcsView, address: number): Outcome | null {
  const { memory } = vcpu.l0.machine;
  const eptp12 = v12(vcpu).read("eptPointer");
  const qualification = v.lo(F.exitQualification);
  prepareWalk(vcpu);
  const walk = vcpu.ept12Walk;
  const tracksDirty = (eptp12 & ACCESSED_DIRTY) !== 0n;
  const end = walk.walk(
    Number(eptp12 & FRAME),
    Math.floor(address / PAGE),
    neededRights(vcpu, qualification),
    tracksDirty,
  );
  if (end === WALK_VIOLATION && isSubPageWrite(vcpu, qualification)) return writeSubPage(vcpu, address, qualification);
  if (end === WALK_MAPPED) {
    const isAccessPage = isApicAccessPage(vcpu, walk.hostPage * PAGE);
    if (!isAccessPage && vcpu.guestCpu.space.isDevice(walk.hostPage * PAGE)) return emulateAccess(vcpu);
    const shadow = shadowFor(memory, vcpu.l0.state.pool, vcpu.state.shadows, eptp12);
    // Until L1's entry is dirty a write has to come here, to set the flag.
    const permissions = tracksDirty && !walk.dirty ? walk.rights & ~EPT_WRITE : walk.rights;
    fillShadow(memory, vcpu.l0.state.pool, shadow, address, {
      l1Address: walk.hostPage * PAGE,
      permissions,
      ram: vcpu.l0.options.ram,
    });
    return null;
  }
  if (end === WALK_MISCONFIGURED) return reflect(vcpu, EXIT_REASONS.EPT_MISCONFIG.number, 0);
  if (end === WALK_LOG_FULL) return reflect(vcpu, EXIT_REASONS.PML_FULL.number, 0);
  return reflectViolation(vcpu, qualification);
}

/** The permissions that silicon reports are the shadow's; L1, or L2 in a virtualization exception, must see those of L1's own tables. */
function reflectViolation(vcpu: VmxVcpu, ofShadow: number): null {
  const permissions = (vcpu.ept12Walk.rights << 3) & PERMISSION_BITS;
  const qualification = (ofShadow & ~PERMISSION_BITS) | permissions;
  return raiseVirtualizationException(vcpu, qualification)
    ? null
    : reflect(vcpu, EXIT_REASONS.EPT_VIOLATION.number, qualification);
}

function isSubPageWrite(vcpu: VmxVcpu, qualification: number): boolean {
  const isWrite = (qualification & (EPT_WRITE | FINAL_ACCESS)) === (EPT_WRITE | FINAL_ACCESS);
  return isWrite && usesSubPages(v12(vcpu)) && vcpu.ept12Walk.isEligibleForSubPages;
}

/** A write to a page that EPT12 as a whole does not let L2 write, but leaves to its parts. */
function writeSubPage(vcpu: VmxVcpu, address: number, qualification: number): null {
  const { state, ept12Walk, l0 } = vcpu;
  const found = subPagesOfL1(vcpu, v12(vcpu), address);
  if (found.end !== SUB_PAGES_FOUND)
    return reflect(vcpu, EXIT_REASONS.SPP_EVENT.number, found.end === SUB_PAGES_MISS ? MISS_OF_SUB_PAGES : 0);
  if (!isSubPageWritable(found, address)) return reflectViolation(vcpu, qualification);
  const eptp12 = v12(vcpu).read("eptPointer");
  const end = ept12Walk.finishSubPageWrite(Math.floor(address / PAGE), (eptp12 & ACCESSED_DIRTY) !== 0n);
  if (end === WALK_LOG_FULL) return reflect(vcpu, EXIT_REASONS.PML_FULL.number, 0);
  const { memory } = l0.machine;
  const { pool } = l0.state;
  const shadow = shadowFor(memory, pool, state.shadows, eptp12);
  fillSubPages(memory, pool, subPageTableFor(vcpu, v12(vcpu), shadow), address, found);
  fillShadow(memory, pool, shadow, address, {
    l1Address: ept12Walk.hostPage * PAGE,
    permissions: ept12Walk.rights,
    ram: l0.options.ram,
    hasSubPages: true,
  });
  return null;
}
