import type { Outcome } from "@hvdiff/machine";
import { EXIT_REASONS } from "@hvdiff/spec";
import { EPT_USER_EXECUTE, type VmcsView, WALK_LOG_FULL, WALK_MAPPED, WALK_MISCONFIGURED } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { EPT_EXECUTE, EPT_READ, EPT_WRITE, mapPage } from "./ept-tables.ts";
import { F } from "./fields.ts";
import { finishInstruction } from "./guest-instructions.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import type { L0 } from "./l0.ts";
import { exitToL1 } from "./nested-exit.ts";
import { fillShadow, shadowFor } from "./shadow-ept.ts";

const ACCESSED_DIRTY = 1n << 6n;
const FRAME = 0xf_ffff_ffff_f000n;
const PERMISSION_BITS = 0x78;
const LINEAR_USER = 1 << 9;
const ALL = EPT_READ | EPT_WRITE | EPT_EXECUTE;

/** An EPT violation or misconfiguration on silicon: a hole of L1's memory, a page the shadow lacks, or EPT12's own fault. */
export function handleEptExit(l0: L0, basic: number): Outcome | null {
  const v = l0.current;
  if (basic === EXIT_REASONS.EPT_MISCONFIG.number)
    throw new Error("silicon reports a misconfiguration of L0's own EPT");
  const address = Number(v.read("guestPhysicalAddress"));
  if (!l0.state.guestMode || !usesEpt(v12(l0))) return ownAccess(l0, address);
  return composeOrReflect(l0, v, address);
}

function v12(l0: L0): VmcsView {
  return l0.environment.currentVmcs()!;
}

/** Whether L1 runs L2 with EPT. */
export function usesEpt(vmcs12: VmcsView): boolean {
  const primary = vmcs12.lo(F.primaryProcessorBasedControls);
  return (primary & C.PROC_SECONDARY) !== 0 && (vmcs12.lo(F.secondaryProcessorBasedControls) & C.PROC2_EPT) !== 0;
}

/** An access of L1, or of an L2 on L1's own memory: to a device of L0's, or where nothing is. */
function ownAccess(l0: L0, address: number): Outcome | null {
  if (!l0.guestCpu.space.isDevice(address)) {
    fillHole(l0, address);
    return null;
  }
  return emulateAccess(l0);
}

/** The instruction is done on the register file. */
function emulateAccess(l0: L0): Outcome | null {
  const { guestCpu, state, silicon } = l0;
  l0.interrupts.advanceTo(silicon.retired);
  guestCpu.space.l2Stage = state.guestMode && usesEpt(v12(l0)) ? (address) => throughEpt12(l0, address) : null;
  const done = guestCpu.executeAtRip(l0.current, state);
  guestCpu.space.l2Stage = null;
  if (done) {
    finishInstruction(l0);
    return null;
  }
  const { stop } = guestCpu.file;
  if (stop === null) state.owed = guestCpu.owedException();
  else if (stop.kind === "unimplemented")
    return {
      kind: "unimplemented",
      what: `${stop.what} at a device, in L0 [${stop.bytes}]`,
      where: l0.machine.where(),
    };
  return null;
}

/** What L1's tables make of an address of L2; the same address where they have nothing. */
function throughEpt12(l0: L0, address: number): number {
  prepareWalk(l0);
  const root = Number(v12(l0).read("eptPointer") & FRAME);
  const end = l0.ept12Walk.walk(root, Math.floor(address / PAGE), EPT_READ, false);
  return end === WALK_MAPPED ? l0.ept12Walk.hostPage * PAGE + (address % PAGE) : address;
}

/**
 * Holes of L1's physical memory lead to a place where nothing is: reads give FF, writes vanish. RAM is mapped from the start, but for a page
 * that the local APIC lay over.
 */
function fillHole(l0: L0, address: number): void {
  const page = address - (address % PAGE);
  mapPage(l0.machine.memory, l0.state.pool, l0.state.ept01, page, hostAddress(page, l0.options.ram), ALL);
}

/** The controls of L1 that decide how EPT12 is walked. */
function prepareWalk(l0: L0): void {
  const secondary = v12(l0).lo(F.secondaryProcessorBasedControls);
  l0.ept12Walk.isModeBased = (secondary & C.PROC2_MODE_BASED) !== 0;
  l0.ept12Walk.log = (secondary & C.PROC2_PML) !== 0 ? l0.modificationLog : null;
}

/** The rights that the access needs: with mode-based execute control a fetch has two kinds. */
function neededRights(l0: L0, qualification: number): number {
  const access = qualification & ALL;
  const isUserFetch = (access & EPT_EXECUTE) !== 0 && l0.ept12Walk.isModeBased && (qualification & LINEAR_USER) !== 0;
  return isUserFetch ? EPT_USER_EXECUTE : access;
}

/** An exit that EPT12 itself is the reason of. */
function reflect(l0: L0, reason: number, qualification: number): null {
  l0.current.set(F.exitQualification, qualification, 0);
  exitToL1(l0, reason);
  return null;
}

function composeOrReflect(l0: L0, v: VmcsView, address: number): Outcome | null {
  const { memory } = l0.machine;
  const eptp12 = v12(l0).read("eptPointer");
  const qualification = v.lo(F.exitQualification);
  prepareWalk(l0);
  const walk = l0.ept12Walk;
  const tracksDirty = (eptp12 & ACCESSED_DIRTY) !== 0n;
  const end = walk.walk(
    Number(eptp12 & FRAME),
    Math.floor(address / PAGE),
    neededRights(l0, qualification),
    tracksDirty,
  );
  if (end === WALK_MAPPED) {
    if (l0.guestCpu.space.isDevice(walk.hostPage * PAGE)) return emulateAccess(l0);
    const shadow = shadowFor(memory, l0.state.pool, l0.state.shadows, eptp12);
    // Until L1's entry is dirty a write has to come here, to set the flag.
    const permissions = tracksDirty && !walk.dirty ? walk.rights & ~EPT_WRITE : walk.rights;
    fillShadow(memory, l0.state.pool, shadow, address, {
      l1Address: walk.hostPage * PAGE,
      permissions,
      ram: l0.options.ram,
    });
    return null;
  }
  if (end === WALK_MISCONFIGURED) return reflect(l0, EXIT_REASONS.EPT_MISCONFIG.number, 0);
  if (end === WALK_LOG_FULL) return reflect(l0, EXIT_REASONS.PML_FULL.number, 0);
  // The permissions that silicon reports are the shadow's; L1 must see those of its own tables.
  const permissions = (walk.rights << 3) & PERMISSION_BITS;
  return reflect(l0, EXIT_REASONS.EPT_VIOLATION.number, (qualification & ~PERMISSION_BITS) | permissions);
}
