import type { Outcome } from "@hvdiff/machine";
import { EXIT_REASONS } from "@hvdiff/spec";
import { type VmcsView, WALK_MAPPED, WALK_MISCONFIGURED } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { EPT_EXECUTE, EPT_READ, EPT_WRITE, mapPage } from "./ept-tables.ts";
import { F } from "./fields.ts";
import { hostAddress, isGuestRam, PAGE } from "./host-layout.ts";
import type { L0 } from "./l0.ts";
import { exitToL1 } from "./nested-exit.ts";
import { fillShadow, shadowFor } from "./shadow-ept.ts";

const ACCESSED_DIRTY = 1n << 6n;
const FRAME = 0xf_ffff_ffff_f000n;
const PERMISSION_BITS = 0x38;
const ALL = EPT_READ | EPT_WRITE | EPT_EXECUTE;

/** An EPT violation or misconfiguration on silicon: a hole of L1's memory, a page the shadow lacks, or EPT12's own fault. */
export function handleEptExit(l0: L0, basic: number): Outcome | null {
  const v = l0.current;
  if (basic === EXIT_REASONS.EPT_MISCONFIG.number)
    throw new Error("silicon reports a misconfiguration of L0's own EPT");
  const address = Number(v.read("guestPhysicalAddress"));
  if (!l0.state.guestMode || !usesEpt(v12(l0))) fillHole(l0, address);
  else composeOrReflect(l0, v, address);
  return null;
}

function v12(l0: L0): VmcsView {
  return l0.environment.currentVmcs()!;
}

/** Whether L1 runs L2 with EPT. */
export function usesEpt(vmcs12: VmcsView): boolean {
  const primary = vmcs12.lo(F.primaryProcessorBasedControls);
  return (primary & C.PROC_SECONDARY) !== 0 && (vmcs12.lo(F.secondaryProcessorBasedControls) & C.PROC2_EPT) !== 0;
}

/** Holes of L1's physical memory lead to a place where nothing is: reads give FF, writes vanish. */
function fillHole(l0: L0, address: number): void {
  const page = address - (address % PAGE);
  if (isGuestRam(page, l0.options.ram)) throw new Error(`EPT violation in L1's RAM at 0x${address.toString(16)}`);
  mapPage(l0.machine.memory, l0.state.pool, l0.state.ept01, page, hostAddress(page, l0.options.ram), ALL);
}

function composeOrReflect(l0: L0, v: VmcsView, address: number): void {
  const { memory } = l0.machine;
  const eptp12 = v12(l0).read("eptPointer");
  const access = v.lo(F.exitQualification) & ALL;
  const walk = l0.ept12Walk;
  const tracksDirty = (eptp12 & ACCESSED_DIRTY) !== 0n;
  const end = walk.walk(Number(eptp12 & FRAME), Math.floor(address / PAGE), access, tracksDirty);
  if (end === WALK_MAPPED) {
    const shadow = shadowFor(memory, l0.state.pool, l0.state.shadows, eptp12);
    // Until L1's entry is dirty a write has to come here, to set the flag.
    const permissions = tracksDirty && !walk.dirty ? walk.rights & ~EPT_WRITE : walk.rights;
    fillShadow(memory, l0.state.pool, shadow, address, {
      l1Address: walk.hostPage * PAGE,
      permissions,
      ram: l0.options.ram,
    });
    return;
  }
  if (end === WALK_MISCONFIGURED) {
    v.set(F.exitQualification, 0, 0);
    exitToL1(l0, EXIT_REASONS.EPT_MISCONFIG.number);
    return;
  }
  // The permissions that silicon reports are the shadow's; L1 must see those of its own tables.
  v.set(F.exitQualification, (v.lo(F.exitQualification) & ~PERMISSION_BITS) | (walk.rights << 3), 0);
  exitToL1(l0, EXIT_REASONS.EPT_VIOLATION.number);
}
