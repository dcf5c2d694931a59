import type { TraceSink } from "@hvdiff/cpu";
import type { ClientState, GuestOutput, Machine, RootAction, RootClient, RootEvent, Where } from "@hvdiff/machine";
import type { VmxEnvironment } from "@hvdiff/vmx";
import type { L0 } from "../l0.ts";
import type { StackedClient } from "./stacked-client.ts";

const PAGE_MASK = 0xfff;

/** Hypervisors that stand on each other: an L0 on the machine, and above it clients, each the guest of the one below. The top one runs the image. */
export class Stack implements RootClient {
  readonly l0: L0;
  /** From the bottom up. */
  readonly clients: readonly StackedClient[];

  constructor(l0: L0, clients: readonly StackedClient[]) {
    this.l0 = l0;
    this.clients = clients;
  }

  private get hypervisors(): readonly L0[] {
    return [this.l0, ...this.clients.map(({ hypervisor }) => hypervisor)];
  }

  private get top(): L0 {
    return this.clients.at(-1)!.hypervisor;
  }

  /** The level that runs when the L0 has entered its guest: 1 for its L1, one more for each hypervisor that has entered its own. */
  private get level(): number {
    const inRoot = this.hypervisors.findIndex(({ vcpus }) => !vcpus[0]!.state.guestMode);
    return 1 + (inRoot < 0 ? this.hypervisors.length : inRoot);
  }

  advance(machine: Machine, vcpu: number, event: RootEvent): RootAction {
    const action = this.l0.advance(machine, vcpu, event);
    if (action.kind === "enter") machine.vmx[vcpu]!.guestTraceLevel = this.level;
    return action;
  }

  passGate(_vcpu: number, at: number): void {
    const client = this.clients.find(({ gateFrame }) => gateFrame === at >>> 12);
    if (client === undefined) throw new Error("code has come to a gate that nobody is behind");
    client.pass(at & PAGE_MASK);
  }

  take(): boolean {
    return false;
  }

  deadline(vcpu: number): number {
    return this.l0.deadline(vcpu);
  }

  where(): Where {
    return this.l0.where();
  }

  peekPhysical(vcpu: number, address: number): number {
    return this.l0.peekPhysical(vcpu, address);
  }

  guestVmx(vcpu: number): VmxEnvironment | null {
    return this.top.guestVmx(vcpu);
  }

  get guest(): GuestOutput {
    return this.top.guest;
  }

  get outsideReads(): number {
    return this.hypervisors.reduce((sum, { outsideReads }) => sum + outsideReads, 0);
  }

  stateText(): string {
    return this.hypervisors.map((hypervisor) => hypervisor.stateText()).join("\n");
  }

  reportExit(vcpu: number, trace: TraceSink): void {
    this.top.reportExit(vcpu, trace);
  }

  /** Counters of each hypervisor, by its level: `l0.exits.l1.CPUID`, `l1.instructions.vmread` … */
  get counters(): Readonly<Record<string, number>> {
    const all: Record<string, number> = {};
    this.hypervisors.forEach(({ counters }, level) => {
      for (const [name, count] of Object.entries(counters)) all[`l${level}.${name}`] = count;
    });
    for (const { depth, instructions } of this.clients)
      for (const [name, count] of Object.entries(instructions.executed)) all[`l${depth}.instructions.${name}`] = count;
    return all;
  }

  states(): readonly ClientState[] {
    return this.hypervisors.flatMap((hypervisor) => hypervisor.states());
  }

  save(): never {
    throw new Error("a stack of hypervisors cannot be saved: what its clients are in the middle of is not plain data");
  }

  restore(): never {
    return this.save();
  }

  copyFrom(): never {
    return this.save();
  }
}
