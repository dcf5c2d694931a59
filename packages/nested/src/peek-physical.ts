import { HIDDEN } from "@hvdiff/cpu";
import { peekEpt } from "@hvdiff/vmx";
import { usesEpt } from "./ept-exits.ts";
import { hostAddress } from "./host-layout.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const FRAME = 0xf_ffff_ffff_f000n;

/**
 * Where a physical address of the guest that runs lies in host memory, for onlookers: by L1's own EPT while L2 runs, whatever of it the shadow
 * has so far.
 */
export function peekPhysical(vcpu: VmxVcpu, address: number): number {
  const { ram } = vcpu.l0.options;
  const toHost = (l1Address: number): number => hostAddress(l1Address, ram);
  const vmcs12 = vcpu.state.guestMode ? vcpu.environment.currentVmcs() : null;
  if (vmcs12 === null || !usesEpt(vmcs12)) return toHost(address);
  const root = Number(vmcs12.read("eptPointer") & FRAME);
  const l1Address = peekEpt(vcpu.l0.machine.memory, vcpu.l0.capabilities, root, address, toHost);
  return l1Address === HIDDEN ? HIDDEN : toHost(l1Address);
}
