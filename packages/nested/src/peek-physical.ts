import { HIDDEN } from "@hvdiff/cpu";
import { peekEpt } from "@hvdiff/vmx";
import { usesEpt } from "./ept-exits.ts";
import { hostAddress } from "./host-layout.ts";
import type { L0 } from "./l0.ts";

const FRAME = 0xf_ffff_ffff_f000n;

/**
 * Where a physical address of the guest that runs lies in host memory, for onlookers: by L1's own EPT while L2 runs, whatever of it the shadow
 * has so far.
 */
export function peekPhysical(l0: L0, address: number): number {
  const { ram } = l0.options;
  const toHost = (l1Address: number): number => hostAddress(l1Address, ram);
  const vmcs12 = l0.state.guestMode ? l0.environment.currentVmcs() : null;
  if (vmcs12 === null || !usesEpt(vmcs12)) return toHost(address);
  const root = Number(vmcs12.read("eptPointer") & FRAME);
  const l1Address = peekEpt(l0.machine.memory, l0.capabilities, root, address, toHost);
  return l1Address === HIDDEN ? HIDDEN : toHost(l1Address);
}
