import type { RootAction, RootEvent, RootPlatform } from "@hvdiff/machine";
import { capabilitiesOf, type SvmCapabilities, VMRUN_CHECKS, type VmrunCheck } from "@hvdiff/svm";
import type { L0Options } from "../l0-options.ts";
import { waitForOthers } from "../transfer/gathering.ts";
import { VirtualMachine } from "../virtual-machine.ts";
import { deliverPending, prepareEntry } from "./events.ts";
import { handleExit } from "./exits.ts";
import { commitRun } from "./nested-run.ts";
import { startMachine, startVcpu } from "./start.ts";
import type { SvmPolicy } from "./svm-policy.ts";
import { SvmVcpuAccess } from "./svm-vcpu-access.ts";
import { SvmWholeAccess } from "./svm-whole-access.ts";
import { SvmVcpu } from "./vcpu.ts";

/**
 * An L0 on silicon with SVM: it runs L1 with vmcb01, emulates L1's SVM instructions on vmcb12, merges vmcb02 and runs L2 with it.
 */
export class SvmL0 extends VirtualMachine<SvmVcpu> {
  readonly policy: SvmPolicy;
  readonly checks: readonly VmrunCheck[];
  /** SVM as L1 is shown it. */
  readonly capabilities: SvmCapabilities;

  constructor(machine: RootPlatform, options: L0Options) {
    super(machine, options);
    this.policy = options.policy.svm;
    const { skippedVmrunChecks, addedVmrunChecks } = options.policy;
    this.checks = [...VMRUN_CHECKS.filter(({ id }) => !skippedVmrunChecks.includes(id)), ...addedVmrunChecks];
    const own = capabilitiesOf(options.guestModel);
    const { nestedPaging } = this.policy.nestedPaging === "cpuid" ? own : capabilitiesOf(machine.options.model);
    this.capabilities = { ...own, nestedPaging };
    this.addVcpus((index) => new SvmVcpu(this, index));
  }

  protected startMachine(): void {
    startMachine(this);
  }

  wholeAccess(vcpu: SvmVcpu): SvmWholeAccess {
    return new SvmWholeAccess(vcpu);
  }

  guestVmx(): null {
    return null;
  }

  protected advanceVcpu(vcpu: SvmVcpu, event: RootEvent): RootAction {
    if (event.kind === "start") this.startVcpu(vcpu);
    else if (event.kind === "exit") handleExit(vcpu);
    else if (event.kind === "step") this.nextStep(vcpu);
    return this.next(vcpu);
  }

  protected startVcpu(vcpu: SvmVcpu): void {
    startVcpu(vcpu);
    vcpu.history?.note({ way: "l0.start" });
  }

  private nextStep(vcpu: SvmVcpu): void {
    if (vcpu.state.mergePending) commitRun(vcpu);
    else if (vcpu.state.signal) this.returnToUserspace(vcpu);
  }

  /** The signal has ended the run; what userspace does before the next one. */
  private returnToUserspace(vcpu: SvmVcpu): void {
    vcpu.state.signal = false;
    this.count("returns.signal");
    this.options.userspace!.interrupted(new SvmVcpuAccess(vcpu), this.options.policy.userspace);
    vcpu.history?.note({ way: "userspace.registers", by: "signal" });
  }

  private next(vcpu: SvmVcpu): RootAction {
    const ended = this.endOf(vcpu);
    if (ended !== null) return { kind: "stop", outcome: ended };
    if (vcpu.state.mergePending) return { kind: "step", name: "merge vmcb02" };
    vcpu.interrupts.advanceTo(vcpu.silicon.retired);
    if (vcpu.state.signal) return { kind: "step", name: "return to userspace" };
    if (this.state.gathering !== null) return waitForOthers(this, vcpu.index);
    deliverPending(vcpu);
    const { outcome, state } = vcpu;
    if (outcome !== null) return { kind: "stop", outcome };
    if (state.waitsForStartup || state.halted) return this.block(vcpu);
    const vmcb = prepareEntry(vcpu);
    vcpu.history?.note({ way: "l0.events" });
    return { kind: "run", vmcb, level: vcpu.level };
  }

  protected copyVcpu(to: SvmVcpu, from: SvmVcpu): void {
    to.copyFrom(from);
  }
}
