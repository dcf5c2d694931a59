import { type InterruptMessage, type SavedProcessor, STATE, type TraceSink, xapicDestination } from "@hvdiff/cpu";
import {
  type ApicMessage,
  type ClientState,
  type GuestOutput,
  guestOutput,
  type Machine,
  messageOf,
  messageTargets,
  type Outcome,
  Pc,
  plainCopy,
  type RootAction,
  type RootClient,
  type RootEvent,
  type RootPlatform,
  type SavedPc,
  type ScheduledEvent,
  type Where,
} from "@hvdiff/machine";
import type { VmxEnvironment } from "@hvdiff/vmx";
import { unmapPage } from "./ept-tables.ts";
import { DEVICE_BASE } from "./host-layout.ts";
import type { L0Options } from "./l0-options.ts";
import { createL0State, type L0State } from "./l0-state.ts";
import { gather, goOn, reclaim } from "./transfer/gathering.ts";
import type { WholeVcpuAccess } from "./userspace.ts";
import type { VirtualProcessor } from "./virtual-processor.ts";

const MODE_GUEST = 2;

/** A virtual machine as it was, but for memory. */
interface SavedVirtualMachine {
  readonly state: L0State;
  readonly pc: SavedPc;
  readonly running: number;
  readonly vcpus: readonly {
    readonly state: object;
    readonly outcome: Outcome | null;
    readonly file: SavedProcessor;
  }[];
}

/**
 * The virtual machine of an L0: L1's processors with their local APICs and interrupt messages, its PC and its memory. Each virtual
 * processor has a processor of silicon.
 */
export abstract class VirtualMachine<V extends VirtualProcessor> implements RootClient {
  readonly machine: RootPlatform;
  readonly options: L0Options;
  readonly pc: Pc;
  readonly vcpus: V[] = [];
  state: L0State = createL0State();
  protected controlSynic: ((value: number) => void) | null = null;
  /** The virtual processor that L0 works for. */
  protected running!: V;

  constructor(machine: RootPlatform, options: L0Options) {
    this.machine = machine;
    this.options = options;
    this.pc = new Pc({
      now: () => this.running.silicon.retired,
      interruptLine: (asserted) => this.setInterruptLine(asserted),
      routesChanged: () => this.routesChanged(),
      deadlineChanged: () => {},
      exited: () => {},
      deliverMessage: (message) => {
        const destination = message.logical ? message.destination : xapicDestination(message.destination);
        this.send({ ...message, destination }, null);
      },
      resetRequested: (what) => this.end({ kind: "reset", what }),
      powerOff: () => this.end({ kind: "power-off" }),
      synicControl: (value) => this.controlSynic?.(value),
      suspended: () => this.end({ kind: "suspended" }),
      serialLine: (line) => this.running.sink?.event("serial", { line }),
    });
    for (const { base, size, handler } of this.pc.mmio) machine.memory.addMmio(DEVICE_BASE + base, size, handler);
  }

  /** Makes the virtual processors; the first is the bootstrap processor. */
  protected addVcpus(make: (index: number) => V): void {
    this.vcpus.push(...this.machine.processors.map((_, index) => make(index)));
    this.running = this.vcpus[0]!;
  }

  /** What all virtual processors need before the first one starts. */
  protected abstract startMachine(): void;

  protected abstract startVcpu(vcpu: V): void;

  /** Everything of a virtual processor. */
  abstract wholeAccess(vcpu: V): WholeVcpuAccess;

  /** Starts it with all its virtual processors, before any runs. */
  start(): void {
    this.state.started = true;
    this.startMachine();
    for (const vcpu of this.vcpus) {
      this.running = vcpu;
      this.startVcpu(vcpu);
    }
    this.running = this.vcpus[0]!;
  }

  protected abstract advanceVcpu(vcpu: V, event: RootEvent): RootAction;

  abstract guestVmx(index: number): VmxEnvironment | null;

  advance(machine: Machine, index: number, event: RootEvent): RootAction {
    const vcpu = this.vcpus[index]!;
    this.running = vcpu;
    if (this.state.gathering?.returned.length === this.vcpus.length) {
      goOn(machine, this, vcpu);
      this.running = vcpu;
    }
    if (!this.state.started) {
      this.state.started = true;
      this.startMachine();
    }
    return this.advanceVcpu(vcpu, event);
  }

  /** How the run has ended; null while it goes on. */
  protected endOf(vcpu: V): Outcome | null {
    const { code } = this.pc.exit.state;
    return vcpu.outcome ?? (code >= 0 ? { kind: "exit", code } : null);
  }

  /** Nothing to run: for good, if this is the only virtual processor and nothing can wake it. */
  protected block(vcpu: V): RootAction {
    const forGood = this.vcpus.length === 1 && vcpu.isDeaf;
    return forGood ? { kind: "stop", outcome: { kind: "halted", where: vcpu.where() } } : { kind: "block" };
  }

  private end(outcome: Outcome): void {
    this.running.outcome = outcome;
  }

  /** INTR of the interrupt controller is wired to the bootstrap processor. */
  private setInterruptLine(asserted: boolean): void {
    const first = this.vcpus[0]!;
    first.interrupts.setLine(asserted);
    if (asserted) first.noteArrival(null);
    if (asserted && first !== this.running) this.kick(first);
  }

  /** Carries a message to the local APICs that it is for. */
  send(message: InterruptMessage, except: V | null): void {
    const others = this.vcpus.filter((vcpu) => vcpu !== except);
    const files = others.map((vcpu) => vcpu.guestCpu.file);
    for (const file of messageTargets(message, files)) {
      const vcpu = others[files.indexOf(file)]!;
      this.deliver(vcpu, message);
    }
  }

  /** L1 has written an entry of its I/O APIC. */
  protected routesChanged(): void {}

  deliver(vcpu: V, message: ApicMessage): void {
    const accepting = vcpu.forwards(message) ? vcpu.silicon : vcpu.guestCpu.file;
    accepting.apic.accept(message);
    vcpu.noteArrival(message);
    vcpu.ownSink?.event("l0-accept", {
      vector: message.vector,
      mode: message.deliveryMode,
      level: message.levelTriggered,
    });
    if (vcpu !== this.running) this.kick(vcpu);
  }

  /** Makes silicon leave its guest, or a processor that waits look about: the host's interrupt line. */
  kick({ silicon }: V): void {
    if (silicon.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST || this.machine.turns.isIdle(silicon))
      this.machine.requestHostInterrupt(silicon.index);
  }

  /** Takes an event that the schedule brings. False where it is not modelled. */
  take(index: number, event: ScheduledEvent): boolean {
    const vcpu = this.vcpus[index]!;
    if (event.kind === "migrate" || event.kind === "pause") return gather(this, event.kind);
    if (event.kind === "reclaim") return reclaim(this);
    const message = messageOf(event);
    if (message !== null) this.deliver(vcpu, message);
    else if (event.kind === "signal" ? !vcpu.noteSignal() : event.kind !== "host-irq") return false;
    this.kick(vcpu);
    return true;
  }

  /** The local APIC lies over what was mapped at its page. */
  uncoverApic(page: number): void {
    const { state, machine } = this;
    if (page >= 0) unmapPage(machine.memory, state.pool, state.tables01, page);
    for (const vcpu of this.vcpus) {
      vcpu.forgetTranslations(false);
      vcpu.forgetTranslations(true);
      if (vcpu !== this.running) this.kick(vcpu);
    }
  }

  /** Whether a local APIC of any virtual processor lies at the page: it must not be mapped for any. */
  coversApic(page: number): boolean {
    return this.vcpus.some((vcpu) => vcpu.guestCpu.file.apic.page === page);
  }

  count(name: string, by = 1): void {
    const { counters } = this.state;
    counters[name] = (counters[name] ?? 0) + by;
  }

  stateText(): string {
    const { counters: _, ...shared } = this.state;
    return JSON.stringify([shared, this.vcpus.map(({ state }) => state)], (_key, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
  }

  get outsideReads(): number {
    return this.vcpus.reduce((sum, { guestCpu: { file } }) => sum + file.outsideAccesses + file.clockReads, 0);
  }

  reportExit(index: number, trace: TraceSink): void {
    this.vcpus[index]!.reportExit(trace);
  }

  get guest(): GuestOutput {
    return guestOutput(this.pc);
  }

  get counters(): Readonly<Record<string, number>> {
    return this.state.counters;
  }

  peekPhysical(index: number, address: number): number {
    return this.vcpus[index]!.peekPhysical(address);
  }

  deadline(index: number): number {
    const vcpu = this.vcpus[index]!;
    return vcpu.isDeaf || this.state.gathering !== null ? Number.POSITIVE_INFINITY : vcpu.interrupts.deadline;
  }

  where(): Where {
    return this.running.where();
  }

  states(): readonly ClientState[] {
    return [
      { value: { ...this.state, counters: null }, isKept: false },
      { value: this.pc.save(), isKept: true },
      { value: this.vcpus.map(({ state }) => state), isKept: false },
    ];
  }

  save(): SavedVirtualMachine {
    return {
      state: plainCopy(this.state),
      pc: this.pc.save(),
      running: this.running.index,
      vcpus: this.vcpus.map(({ state, outcome, guestCpu }) => ({
        state: plainCopy(state),
        outcome,
        file: guestCpu.file.save(),
      })),
    };
  }

  restore(saved: unknown): void {
    const { state, pc, running, vcpus } = saved as SavedVirtualMachine;
    this.state = plainCopy(state);
    this.pc.restore(pc);
    this.running = this.vcpus[running]!;
    this.vcpus.forEach((vcpu, at) => {
      const kept = vcpus[at]!;
      vcpu.state = plainCopy(kept.state);
      vcpu.outcome = kept.outcome;
      vcpu.guestCpu.file.restore(kept.file);
      vcpu.attach();
    });
  }

  protected abstract copyVcpu(to: V, from: V): void;

  copyFrom(other: RootClient): void {
    const from = other as VirtualMachine<V>;
    this.state = structuredClone(from.state);
    this.pc.copyFrom(from.pc);
    this.running = this.vcpus[from.running.index]!;
    this.vcpus.forEach((vcpu, at) => {
      this.copyVcpu(vcpu, from.vcpus[at]!);
    });
  }
}
