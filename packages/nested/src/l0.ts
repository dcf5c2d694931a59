import type { ApicMessage, Outcome, RootAction, RootEvent, RootPlatform } from "@hvdiff/machine";
import { capabilitiesOf, EntryCheckPlan, type VmxCapabilities, type VmxEnvironment } from "@hvdiff/vmx";
import { controlTestDevice } from "./enlightened/connections.ts";
import { deliverPending, leavesEventsAlone } from "./events.ts";
import type { L0Options } from "./l0-options.ts";
import { commitEntry, entryCheckLists } from "./nested-entry.ts";
import { startMachine, startVcpu } from "./start.ts";
import { waitForOthers } from "./transfer/gathering.ts";
import { unmergedControl } from "./unmerged-controls.ts";
import { VirtualMachine } from "./virtual-machine.ts";
import { VmxVcpu } from "./vmx-vcpu.ts";
import { VmxVcpuAccess } from "./vmx-vcpu-access.ts";
import { VmxWholeAccess } from "./vmx-whole-access.ts";

/** A VM exit of L1's that failed. */
function abortOf(vcpu: VmxVcpu): Outcome | null {
  const { abort } = vcpu.state;
  return abort === 0 ? null : { kind: "shutdown", what: `VMX abort ${abort}`, where: vcpu.where() };
}

/**
 * An L0 on silicon with VMX: it runs L1 with vmcs01, emulates L1's VMX instructions on vmcs12, merges vmcs02 and runs L2 with it. With
 * the architectural policy and silicon's own CPU model it is `ideal`; products differ by policy and model.
 */
export class L0 extends VirtualMachine<VmxVcpu> {
  /** VMX as L1 is shown it. */
  readonly capabilities: VmxCapabilities;
  /** VM-entry checks that this L0 makes on vmcs12. */
  readonly checks: EntryCheckPlan;

  constructor(machine: RootPlatform, options: L0Options) {
    super(machine, options);
    this.capabilities = capabilitiesOf(options.guestModel);
    this.checks = new EntryCheckPlan(entryCheckLists(options.policy));
    this.addVcpus((index) => new VmxVcpu(this, index));
    this.controlSynic = (value) => controlTestDevice(this, value);
  }

  protected startMachine(): void {
    startMachine(this);
  }

  wholeAccess(vcpu: VmxVcpu): VmxWholeAccess {
    return new VmxWholeAccess(vcpu, this.options.policy.userspace);
  }

  guestVmx(index: number): VmxEnvironment {
    return this.vcpus[index]!.environment;
  }

  protected advanceVcpu(vcpu: VmxVcpu, event: RootEvent): RootAction {
    if (event.kind === "start") this.startVcpu(vcpu);
    else if (event.kind === "exit") this.handleExit(vcpu);
    else if (event.kind === "entry-failed") vcpu.handlers.entryFailed(event.error);
    else if (event.kind === "step") this.nextStep(vcpu);
    return this.next(vcpu);
  }

  protected startVcpu(vcpu: VmxVcpu): void {
    startVcpu(vcpu);
    vcpu.history?.note({ way: "l0.start" });
  }

  private nextStep(vcpu: VmxVcpu): void {
    if (vcpu.state.lateNotifications.length > 0) this.tellLate(vcpu);
    else if (vcpu.state.mergePending) this.mergeAndCommit(vcpu);
    else if (vcpu.state.signal) this.returnToUserspace(vcpu);
  }

  private handleExit(vcpu: VmxVcpu): void {
    const { state } = vcpu;
    const asksNothing = state.reinjectedOnly && (state.guestMode || leavesEventsAlone(vcpu.current));
    vcpu.handlers.handle();
    // Where nothing has asked for it, L1 is entered without a look at what else waits.
    state.reinjectedOnly = asksNothing && !state.guestMode && state.owed === null;
    state.eventsEvaluated = state.reinjectedOnly;
  }

  /** The signal has ended the run; what userspace does before the next one. */
  private returnToUserspace(vcpu: VmxVcpu): void {
    const policy = this.options.policy.userspace;
    vcpu.state.signal = false;
    this.count("returns.signal");
    vcpu.ownSink?.event("l0-return", { why: "signal" });
    this.options.userspace!.interrupted(new VmxVcpuAccess(vcpu, policy), policy);
    vcpu.history?.note({ way: "userspace.registers", by: "signal" });
  }

  private next(vcpu: VmxVcpu): RootAction {
    const ended = abortOf(vcpu) ?? this.endOf(vcpu);
    if (ended !== null) return { kind: "stop", outcome: ended };
    if (vcpu.state.lateNotifications.length > 0) return { kind: "step", name: "request events" };
    // Between the checks of vmcs12 and the merge others may come in.
    if (vcpu.state.mergePending) return { kind: "step", name: "merge vmcs02" };
    vcpu.interrupts.advanceTo(vcpu.silicon.retired);
    if (vcpu.state.signal) return { kind: "step", name: "return to userspace" };
    if (this.state.gathering !== null) return waitForOthers(this, vcpu.index);
    const { state } = vcpu;
    if (!state.eventsEvaluated || state.eventsRequested) deliverPending(vcpu);
    else return vcpu.enter();
    if (vcpu.outcome !== null) return { kind: "stop", outcome: vcpu.outcome };
    if (state.waitsForStartup || state.halted) return this.block(vcpu);
    if (this.vcpus.length === 1) return vcpu.enter();
    // Between the evaluation of events and the entry others may send more.
    state.eventsEvaluated = true;
    return { kind: "step", name: "enter" };
  }

  /** The step after the checks of vmcs12, unless it asks for what is not merged: that ends the run by name. */
  private mergeAndCommit(vcpu: VmxVcpu): void {
    const control = unmergedControl(vcpu.environment.currentVmcs()!, vcpu.vmx.capabilities.ept.advancedExitInformation);
    if (control === null) commitEntry(vcpu);
    else vcpu.outcome = { kind: "unimplemented", what: `VM-execution control ${control}`, where: vcpu.where() };
  }

  override deliver(vcpu: VmxVcpu, message: ApicMessage): void {
    if (vcpu !== this.running && vcpu.isLateNotification(message))
      this.running.state.lateNotifications.push({ to: vcpu.index, message });
    else if (vcpu.takesNotification(message)) {
      vcpu.state.eventsRequested = true;
      if (vcpu !== this.running) this.kick(vcpu);
    } else super.deliver(vcpu, message);
  }

  /** The others have been looked for; by now they may be where nobody asks them to come back from. */
  private tellLate({ state }: VmxVcpu): void {
    for (const { to, message } of state.lateNotifications) {
      const vcpu = this.vcpus[to]!;
      if (!vcpu.takesNotification(message)) vcpu.guestCpu.file.apic.accept(message);
      vcpu.noteArrival(message);
    }
    state.lateNotifications = [];
  }

  protected override routesChanged(): void {
    for (const vcpu of this.vcpus) {
      if (vcpu.events.endsOfInterrupts === "all") return;
      vcpu.state.routesChanged = true;
      vcpu.state.eventsRequested = true;
      if (vcpu !== this.running) this.kick(vcpu);
    }
  }

  protected copyVcpu(to: VmxVcpu, from: VmxVcpu): void {
    to.copyFrom(from);
  }
}
