import { type InterruptMessage, xapicDestination } from "@hvdiff/cpu";
import {
  type GuestOutput,
  guestOutput,
  type Machine,
  type Outcome,
  Pc,
  type RootAction,
  type RootClient,
  type RootEvent,
  type ScheduledEvent,
  type Where,
} from "@hvdiff/machine";
import { capabilitiesOf, type SvmCapabilities, VMRUN_CHECKS, type VmrunCheck } from "@hvdiff/svm";
import { unmapPage } from "../ept-tables.ts";
import { DEVICE_BASE } from "../host-layout.ts";
import type { L0Options } from "../l0.ts";
import { takeFromOutside } from "../outside-events.ts";
import { createPagePool, type PagePoolState } from "../page-pool.ts";
import { svmPolicyOf } from "../policy.ts";
import { canWake, deliverPending, prepareEntry } from "./events.ts";
import { handleExit } from "./exits.ts";
import { commitRun } from "./nested-run.ts";
import { peekPhysical } from "./npt-exits.ts";
import { startMachine, startVcpu } from "./start.ts";
import type { SvmPolicy } from "./svm-policy.ts";
import { SvmVcpu } from "./vcpu.ts";

/** What all virtual processors share. Plain data. */
interface SvmL0State {
  started: boolean;
  npt01: number;
  /** Host-physical address of the I/O permission map, with the MSR permission map behind it. */
  maps: number;
  pool: PagePoolState;
  counters: Record<string, number>;
}

/**
 * An L0 on silicon with SVM: it runs L1 with vmcb01, emulates L1's SVM instructions on vmcb12, merges vmcb02 and runs L2 with it. Each virtual
 * processor has a processor of silicon.
 */
export class SvmL0 implements RootClient {
  readonly machine: Machine;
  readonly options: L0Options;
  readonly policy: SvmPolicy;
  readonly checks: readonly VmrunCheck[];
  /** SVM as L1 is shown it. */
  readonly capabilities: SvmCapabilities;
  readonly pc: Pc;
  readonly vcpus: readonly SvmVcpu[];
  state: SvmL0State = { started: false, npt01: 0, maps: 0, pool: createPagePool(), counters: {} };

  constructor(machine: Machine, options: L0Options) {
    this.machine = machine;
    this.options = options;
    this.policy = svmPolicyOf(options.policy);
    this.checks = VMRUN_CHECKS.filter(({ id }) => !options.policy.skippedVmrunChecks.includes(id));
    this.capabilities = capabilitiesOf(options.guestModel);
    this.pc = new Pc({
      now: () => this.now(),
      interruptLine: (asserted) => this.first.interrupts.setLine(asserted),
      deadlineChanged: () => {},
      exited: () => {},
      deliverMessage: (message) => {
        const destination = message.logical ? message.destination : xapicDestination(message.destination);
        this.send({ ...message, destination }, null);
      },
      resetRequested: (what) => this.end({ kind: "reset", what }),
      powerOff: () => this.end({ kind: "power-off" }),
      suspended: () => this.end({ kind: "suspended" }),
      serialLine: (line) => this.running.sink.event("serial", { line }),
    });
    for (const { base, size, handler } of this.pc.mmio) machine.memory.addMmio(DEVICE_BASE + base, size, handler);
    this.vcpus = machine.processors.map((_, index) => new SvmVcpu(this, index));
    this.running = this.first;
  }

  /** The virtual processor that L0 works for. */
  private running: SvmVcpu;

  private get first(): SvmVcpu {
    return this.vcpus[0]!;
  }

  private now(): number {
    return this.running.silicon.retired;
  }

  private end(outcome: Outcome): void {
    this.running.outcome = outcome;
  }

  /** Carries a message to the local APICs that it is for. */
  send(message: InterruptMessage, except: SvmVcpu | null): void {
    for (const vcpu of this.vcpus) {
      const { apic } = vcpu.guestCpu.file;
      if (vcpu === except || !apic.isDestination(message)) continue;
      apic.accept(message);
      if (vcpu !== this.running) this.machine.requestHostInterrupt(vcpu.index);
    }
  }

  /** The local APIC lies over what was mapped at its page. */
  uncoverApic(page: number): void {
    const { state, machine } = this;
    if (page >= 0) unmapPage(machine.memory, state.pool, state.npt01, page);
    for (const vcpu of this.vcpus) {
      vcpu.forgetTranslations(false);
      vcpu.forgetTranslations(true);
    }
  }

  count(name: string): void {
    const { counters } = this.state;
    counters[name] = (counters[name] ?? 0) + 1;
  }

  get guest(): GuestOutput {
    return guestOutput(this.pc);
  }

  get counters(): Readonly<Record<string, number>> {
    return this.state.counters;
  }

  peekPhysical(index: number, address: number): number {
    return peekPhysical(this.vcpus[index]!, address);
  }

  guestVmx(): null {
    return null;
  }

  deadline(index: number): number {
    const vcpu = this.vcpus[index]!;
    return vcpu.state.waitsForStartup ? Number.POSITIVE_INFINITY : vcpu.interrupts.deadline;
  }

  where(): Where {
    return this.running.where();
  }

  advance(_machine: Machine, index: number, event: RootEvent): RootAction {
    const vcpu = this.vcpus[index]!;
    this.running = vcpu;
    if (!this.state.started) startMachine(this);
    if (event.kind === "start") startVcpu(vcpu);
    else if (event.kind === "exit") handleExit(vcpu);
    else if (event.kind === "step") commitRun(vcpu);
    return this.next(vcpu);
  }

  take(index: number, event: ScheduledEvent): boolean {
    const { silicon, guestCpu } = this.vcpus[index]!;
    return takeFromOutside({ machine: this.machine, silicon, file: guestCpu.file, signal: null }, event);
  }

  private next(vcpu: SvmVcpu): RootAction {
    const ended = this.endOf(vcpu);
    if (ended !== null) return { kind: "stop", outcome: ended };
    if (vcpu.state.mergePending) return { kind: "step", name: "merge vmcb02" };
    vcpu.interrupts.advanceTo(vcpu.silicon.retired);
    deliverPending(vcpu);
    const { outcome, state } = vcpu;
    if (outcome !== null) return { kind: "stop", outcome };
    if (state.waitsForStartup) return { kind: "block" };
    if (state.halted) return canWake(vcpu) ? { kind: "block" } : this.halt(vcpu);
    return { kind: "run", vmcb: prepareEntry(vcpu), level: vcpu.level };
  }

  private endOf(vcpu: SvmVcpu): Outcome | null {
    const { code } = this.pc.exit.state;
    return vcpu.outcome ?? (code >= 0 ? { kind: "exit", code } : null);
  }

  private halt(vcpu: SvmVcpu): RootAction {
    const alone = this.vcpus.length === 1;
    return alone ? { kind: "stop", outcome: { kind: "halted", where: vcpu.where() } } : { kind: "block" };
  }

  copyFrom(other: RootClient): void {
    const from = other as SvmL0;
    this.state = structuredClone(from.state);
    this.pc.copyFrom(from.pc);
    this.running = this.vcpus[from.running.index]!;
    this.vcpus.forEach((vcpu, at) => {
      vcpu.copyFrom(from.vcpus[at]!);
    });
  }
}
