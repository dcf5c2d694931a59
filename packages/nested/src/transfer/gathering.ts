import type { Machine, RootAction } from "@hvdiff/machine";
import type { Gathering } from "../l0-state.ts";
import type { VirtualMachine } from "../virtual-machine.ts";
import type { VirtualProcessor } from "../virtual-processor.ts";
import { moveVirtualMachine } from "./move.ts";

/** Asks all virtual processors back to userspace. False where there is none that could stop or move a virtual machine. */
export function gather(vm: VirtualMachine<VirtualProcessor>, purpose: Gathering["purpose"]): boolean {
  if (vm.machine.depth > 0 || vm.options.userspace?.move == null) return false;
  vm.state.gathering = { purpose, returned: [], reclaims: false };
  for (const vcpu of vm.vcpus) vm.kick(vcpu);
  return true;
}

/** A virtual machine is stopped, or moves, as soon as the last of its processors has returned to userspace; the others wait there. */
export function waitForOthers({ state, vcpus }: VirtualMachine<VirtualProcessor>, index: number): RootAction {
  const { returned, purpose } = state.gathering!;
  if (!returned.includes(index)) returned.push(index);
  return returned.length < vcpus.length ? { kind: "block" } : { kind: "step", name: purpose };
}

/** All have returned to userspace: the virtual machine moves, if it shall, and runs again. */
export function goOn<V extends VirtualProcessor>(machine: Machine, vm: VirtualMachine<V>, last: V): void {
  const { purpose, reclaims } = vm.state.gathering!;
  vm.state.gathering = null;
  if (reclaims) reclaim(vm);
  if (purpose === "pause") vm.count("pauses");
  else moveVirtualMachine(machine, vm, last);
  for (const { silicon } of vm.vcpus) {
    // What has called it back has done so.
    silicon.apic.setInterruptLine(false);
    if (silicon !== last.silicon) machine.turns.wake(silicon);
  }
}

/**
 * The host takes memory back and gives it again: from a virtual machine that is being stopped when it stands. Where L1's lies is known for good;
 * what L2's tables lead to is found anew.
 */
export function reclaim(vm: VirtualMachine<VirtualProcessor>): true {
  const { gathering } = vm.state;
  if (gathering !== null) gathering.reclaims = true;
  else forgetShadows(vm);
  return true;
}

function forgetShadows(vm: VirtualMachine<VirtualProcessor>): void {
  for (const vcpu of vm.vcpus) {
    vcpu.dropShadows();
    vcpu.forgetTranslations(false);
    vcpu.forgetTranslations(true);
    vm.kick(vcpu);
  }
}
