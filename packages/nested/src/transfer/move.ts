import { anotherMachine, backedRanges, copyPages, goOnAs, type Machine } from "@hvdiff/machine";
import { GUEST_OFFSET } from "../host-layout.ts";
import type { VirtualMachine } from "../virtual-machine.ts";
import type { VirtualProcessor } from "../virtual-processor.ts";

/** Moves a virtual machine to another host, and tells that. Where the other end refuses it, it stays where it is. */
export function moveVirtualMachine<V extends VirtualProcessor>(machine: Machine, vm: VirtualMachine<V>, last: V): void {
  const { counters } = vm.state;
  const refused = moveToAnother(machine, vm);
  vm.state.counters = counters;
  vm.count(refused === null ? "moves" : "moves.refused");
  const { index, silicon } = last;
  const data = refused === null ? {} : { refused };
  machine.trace.add({ vcpu: index, level: 0, time: silicon.retired, kind: "l0-move", data });
}

/**
 * Memory and devices go as they are, virtual processors by what the userspace half can get out of one and put into another. The new virtual machine has
 * been made like the old one when that began, and knows nothing of it.
 * @returns why the other end refuses it; null where the run goes on there
 */
function moveToAnother<V extends VirtualProcessor>(machine: Machine, from: VirtualMachine<V>): string | null {
  const { userspace, policy, ram } = from.options;
  const there = anotherMachine(machine);
  const to = there.client as VirtualMachine<V>;
  to.start();
  for (const { base, size } of backedRanges(ram)) copyPages(machine, there, { base: base + GUEST_OFFSET, size });
  to.pc.copyFrom(from.pc);
  for (const [at, vcpu] of from.vcpus.entries()) {
    const refused = userspace!.move!(from.wholeAccess(vcpu), to.wholeAccess(to.vcpus[at]!), policy.userspace);
    const missing = refused ?? to.vcpus[at]!.arrive();
    if (missing !== null) return missing;
    to.vcpus[at]!.interrupts.takeLine(vcpu.interrupts);
  }
  goOnAs(machine, there);
  return null;
}
