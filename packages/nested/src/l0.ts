import type { CpuModel, Processor, TraceSink } from "@hvdiff/cpu";
import type {
  FirmwareProfile,
  GuestOutput,
  InitialState,
  Machine,
  Outcome,
  RootAction,
  RootClient,
  RootEvent,
  ScheduledEvent,
  Where,
} from "@hvdiff/machine";
import { guestOutput, Pc } from "@hvdiff/machine";
import { VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";
import type { Vmx } from "@hvdiff/vmx";
import {
  capabilitiesOf,
  EntryCheckContext,
  EntryCheckPlan,
  EptWalk,
  type MemoryVmcs,
  type ModificationLog,
  type VmxCapabilities,
  type VmxEnvironment,
} from "@hvdiff/vmx";
import { unmapPage } from "./ept-tables.ts";
import { deliverPending } from "./events.ts";
import { ExitHandlers } from "./exits.ts";
import { F } from "./fields.ts";
import { GuestCpu } from "./guest-cpu.ts";
import { GuestInterrupts } from "./guest-interrupts.ts";
import { DEVICE_BASE } from "./host-layout.ts";
import { instructionBytes } from "./instruction-bytes.ts";
import { count, createL0State, type L0State } from "./l0-state.ts";
import { FEATURE_CONTROL_MSR, L1Environment } from "./l1-environment.ts";
import { createModificationLog } from "./modification-log.ts";
import { commitEntry, entryCheckLists } from "./nested-entry.ts";
import { takeFromOutside } from "./outside-events.ts";
import { peekPhysical } from "./peek-physical.ts";
import type { NestedPolicy } from "./policy.ts";
import { userspacePolicyOf, vmxPolicyOf } from "./policy.ts";
import { forgetEpt, forgetVpid, VPID_L1, VPID_L2 } from "./silicon-tlb.ts";
import { startSilicon } from "./start.ts";
import { unmergedControl } from "./unmerged-controls.ts";
import { type Userspace, VmxVcpuAccess } from "./userspace.ts";

/** What an L0 is made of: who it pretends to be, and to whom. */
export interface L0Options {
  /** The CPU that L1 is shown. */
  readonly guestModel: CpuModel;
  readonly policy: NestedPolicy;
  /** Bytes of L1's RAM. */
  readonly ram: number;
  readonly firmware: FirmwareProfile;
  /** Registers that L1 starts with. */
  readonly initial: InitialState;
  /** The half of L0 that is a process; null where it has none. */
  readonly userspace: Userspace | null;
}

/**
 * An L0 for one machine: it runs L1 on silicon with vmcs01, emulates L1's VMX instructions on vmcs12, merges vmcs02 and runs L2 with
 * it. With the architectural policy and silicon's own CPU model it is `ideal`; products differ by policy and model.
 */
export class L0 implements RootClient {
  readonly machine: Machine;
  readonly options: L0Options;
  readonly pc: Pc;
  readonly capabilities: VmxCapabilities;
  readonly state: L0State = createL0State();
  readonly silicon: Processor;
  readonly vmx: Vmx;
  readonly guestCpu: GuestCpu;
  readonly interrupts: GuestInterrupts;
  readonly environment: L1Environment;
  /** vmcs01 and vmcs02 as L0 reads and writes them. */
  v01!: MemoryVmcs;
  v02!: MemoryVmcs;
  /** Trace of what the guest could notice, at its level; null where nobody asked for one. */
  readonly sink: TraceSink | null;
  /** VM-entry checks that this L0 makes on vmcs12. */
  readonly checks: EntryCheckPlan;
  checkContext!: EntryCheckContext;
  /** Walks L1's EPT12 in L1's memory. */
  readonly ept12Walk: EptWalk;
  readonly modificationLog: ModificationLog;
  readonly exitInformationFields: readonly number[];
  private readonly handlers: ExitHandlers;

  constructor(machine: Machine, options: L0Options) {
    this.machine = machine;
    this.options = options;
    this.silicon = machine.processors[0]!;
    this.vmx = machine.vmx[0]!;
    this.sink = machine.options.recordTrace === false ? null : this.createSink();
    this.pc = new Pc({
      now: () => this.silicon.retired,
      interruptLine: (asserted) => this.interrupts.setLine(asserted),
      deadlineChanged: () => {},
      exited: () => {},
      deliverMessage: (message) => this.interrupts.deliverFromDevice(message),
      resetRequested: (what) => this.end({ kind: "reset", what }),
      powerOff: () => this.end({ kind: "power-off" }),
      suspended: () => this.end({ kind: "suspended" }),
      serialLine: (line) => this.sink?.event("serial", { line }),
    });
    this.capabilities = capabilitiesOf(options.guestModel);
    this.guestCpu = new GuestCpu(this.silicon, options.guestModel, options.ram, this.sink, this.pc);
    this.interrupts = new GuestInterrupts(this.guestCpu.file, this.pc);
    for (const { base, size, handler } of this.pc.mmio) machine.memory.addMmio(DEVICE_BASE + base, size, handler);
    this.environment = new L1Environment(this.guestCpu, machine.memory, options.ram, {
      capabilities: this.capabilities,
      policy: vmxPolicyOf(options.policy),
      state: () => this.state,
      featureControl: () => this.guestCpu.msr(FEATURE_CONTROL_MSR),
    });
    this.checks = new EntryCheckPlan(entryCheckLists(options.policy));
    this.ept12Walk = new EptWalk(this.guestCpu, this.capabilities);
    this.modificationLog = createModificationLog(this);
    this.exitInformationFields = VMCS_FIELD_NAMES.filter(
      (name) => VMCS_FIELDS[name].type === "readOnly" && name !== "vmInstructionError",
    ).map((name) => F[name]);
    this.guestCpu.onControlRegisterChange = () => forgetVpid(this, this.state.guestMode ? VPID_L2 : VPID_L1);
    this.guestCpu.onApicMoved = (page) => this.uncoverApic(page);
    this.environment.onInvalidate = () => this.forgetL2Translations();
    this.handlers = new ExitHandlers(this);
  }

  private createSink(): TraceSink {
    const { trace } = this.machine;
    return {
      event: (kind, data) => trace.add({ vcpu: 0, level: this.level, time: this.silicon.retired, kind, data }),
    };
  }

  private end(outcome: Outcome): void {
    this.handlers.outcome = outcome;
  }

  /** The local APIC lies over what was mapped at its page. */
  private uncoverApic(page: number): void {
    if (page >= 0) unmapPage(this.machine.memory, this.state.pool, this.state.ept01, page);
    forgetEpt(this);
  }

  /** After L1's INVEPT or INVVPID: silicon must forget what it knows about L2. */
  private forgetL2Translations(): void {
    forgetVpid(this, VPID_L2);
    forgetEpt(this);
  }

  /** The VMCS that silicon ran last and will run next. */
  get current(): MemoryVmcs {
    return this.state.guestMode ? this.v02 : this.v01;
  }

  /** 1 while L1 runs, 2 while L2 runs. */
  get level(): number {
    return this.state.guestMode ? 2 : 1;
  }

  get guest(): GuestOutput {
    return guestOutput(this.pc);
  }

  peekPhysical(_vcpu: number, address: number): number {
    return peekPhysical(this, address);
  }

  guestVmx(): VmxEnvironment {
    return this.environment;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.state.counters;
  }

  deadline(): number {
    return this.interrupts.deadline;
  }

  advance(_machine: Machine, _vcpu: number, event: RootEvent): RootAction {
    if (event.kind === "start") startSilicon(this);
    else if (event.kind === "exit") this.handlers.handle();
    else if (event.kind === "entry-failed") this.handlers.entryFailed(event.error);
    else if (event.kind === "step") this.nextStep();
    else if (event.kind === "wake") this.state.halted = this.state.halted && !this.wakes();
    if (this.handlers.outcome !== null) return { kind: "stop", outcome: this.handlers.outcome };
    if (this.state.abort !== 0)
      return {
        kind: "stop",
        outcome: { kind: "shutdown", what: `VMX abort ${this.state.abort}`, where: this.machine.where() },
      };
    if (this.pc.exit.state.code >= 0) return { kind: "stop", outcome: { kind: "exit", code: this.pc.exit.state.code } };
    // Between the checks of vmcs12 and the merge others may come in.
    if (this.state.mergePending) return { kind: "step", name: "merge vmcs02" };
    return this.enterGuest();
  }

  take(_vcpu: number, event: ScheduledEvent): boolean {
    const note = () => {
      this.state.signal = true;
    };
    const signal = this.options.userspace === null ? null : note;
    return takeFromOutside({ machine: this.machine, silicon: this.silicon, file: this.guestCpu.file, signal }, event);
  }

  private nextStep(): void {
    if (this.state.mergePending) this.mergeAndCommit();
    else this.returnToUserspace();
  }

  /** The signal has ended the run; what userspace does before the next one. */
  private returnToUserspace(): void {
    const policy = userspacePolicyOf(this.options.policy);
    this.state.signal = false;
    count(this.state, "returns.signal");
    this.options.userspace!.interrupted(new VmxVcpuAccess(this, policy), policy);
  }

  /** The step after the checks of vmcs12, unless it asks for what is not merged: that ends the run by name. */
  private mergeAndCommit(): void {
    const control = unmergedControl(this.environment.currentVmcs()!, this.vmx.capabilities.ept.advancedExitInformation);
    if (control === null) commitEntry(this);
    else this.end({ kind: "unimplemented", what: `VM-execution control ${control}`, where: this.machine.where() });
  }

  private wakes(): boolean {
    this.interrupts.advanceTo(this.silicon.retired);
    return this.interrupts.wakes;
  }

  private enterGuest(): RootAction {
    const { state } = this;
    this.interrupts.advanceTo(this.silicon.retired);
    if (state.signal) return { kind: "step", name: "return to userspace" };
    if (state.halted) {
      if (!this.canWake()) return { kind: "stop", outcome: { kind: "halted", where: this.machine.where() } };
      if (!this.interrupts.wakes) return { kind: "block" };
      state.halted = false;
    }
    deliverPending(this, this.handlers);
    if (this.handlers.outcome !== null) return { kind: "stop", outcome: this.handlers.outcome };
    const launched = state.guestMode ? state.launched02 : state.launched01;
    if (state.guestMode) state.launched02 = true;
    else state.launched01 = true;
    this.vmx.guestTraceLevel = this.level;
    return { kind: "enter", resume: launched };
  }

  /** Whether an interrupt could ever end HLT: IF is on, or L1 takes interrupts as exits. */
  private canWake(): boolean {
    const v = this.current;
    const interruptible = (v.lo(F.guestRflags) & 0x200) !== 0;
    return interruptible || this.interrupts.nmiPending || (this.state.guestMode && this.handlers.l1TakesInterrupts());
  }

  /** The guest's place, from the VMCS that ran last and its own page tables. */
  where(): Where {
    const v = this.current;
    return {
      level: this.level,
      vcpu: 0,
      rip: `0x${v.read("guestRip").toString(16)}`,
      bytes: instructionBytes(this.guestCpu, v, this.state),
    };
  }

  /** Points the views at the regions that the state names. */
  attachVmcss(): void {
    if (this.state.vmcs02 === 0) return;
    this.v01 = this.vmx.vmcsAt(this.state.vmcs01)!;
    this.v02 = this.vmx.vmcsAt(this.state.vmcs02)!;
    this.checkContext = new EntryCheckContext(this.capabilities, this.guestCpu, this.v01);
  }

  copyFrom(other: RootClient): void {
    const from = other as L0;
    Object.assign(this.state, structuredClone(from.state));
    this.pc.copyFrom(from.pc);
    this.attachVmcss();
    this.environment.reattach();
    this.guestCpu.resumeFrom(from.guestCpu);
  }
}
