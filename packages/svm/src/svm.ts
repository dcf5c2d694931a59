import type { Op, PendingException, Processor, TraceSink, VirtualizationExtension } from "@hvdiff/cpu";
import { STATE } from "@hvdiff/cpu";
import type { SvmCapabilities } from "./capabilities.ts";
import * as C from "./control-bits.ts";
import { SvmCore } from "./core.ts";
import type { VmrunCheck } from "./entry/vmrun-checks.ts";
import { EXECUTORS } from "./execute.ts";
import { exitForException, exitForTaskSwitch, exitForTripleFault, takeAtBoundary } from "./exit/events.ts";
import { undefinedOpcode } from "./instructions/permission.ts";
import { runVmcb } from "./instructions/vmrun.ts";
import { HANDLERS_BY_ID } from "./intercepts/table.ts";
import * as W from "./state.ts";
import { traceVmexit } from "./trace.ts";
import type { Vmcb } from "./vmcb.ts";

const MODE_GUEST = 2;

/** AMD SVM in a processor: what chapter 15 of the APM's volume 2 says. */
export class Svm implements VirtualizationExtension {
  readonly capabilities: SvmCapabilities;
  readonly tickWords = [W.PAUSE_AT];
  private readonly core: SvmCore;

  /** Becomes the processor's extension. State words are used as they are, so that a cloned processor goes on. */
  constructor(processor: Processor, { rootClient = false }: { readonly rootClient?: boolean } = {}) {
    this.core = new SvmCore(processor, rootClient);
    this.capabilities = this.core.capabilities;
    processor.extension = this;
  }

  // --- What the processor calls. ---

  execute(op: Op): number {
    return (EXECUTORS[op.instruction.mnemonic] ?? undefinedOpcode)(this.core, op);
  }

  intercept(id: number, op: Op, detail: number): number {
    return HANDLERS_BY_ID[id]!(this.core, op, detail);
  }

  exception(exception: PendingException): boolean {
    return exitForException(this.core, exception);
  }

  boundary(): boolean {
    return takeAtBoundary(this.core);
  }

  tripleFault(): boolean {
    return exitForTripleFault(this.core);
  }

  taskSwitch(selector: number, source: number): boolean {
    return exitForTaskSwitch(this.core, selector, source);
  }

  // --- For a root-mode client. ---

  /** VMRUN by a root-mode client, whose guest is at this trace level. Its VMRUNs and #VMEXITs are not traced. */
  run(vmcb: number, level: number): void {
    this.core.clientGuestLevel = level;
    runVmcb(this.core, vmcb);
  }

  // --- For onlookers and tests. ---

  /** The VMCB that was entered last. */
  get currentVmcb(): Vmcb {
    return this.core.vmcb;
  }

  /** Id of the check at which the last VMRUN failed; null if it did not. */
  get failedCheck(): string | null {
    return this.core.failedCheck;
  }

  /** The global interrupt flag. */
  get globalInterruptFlag(): boolean {
    return this.core.s[W.GIF_CLEAR] === 0;
  }

  /** Replaces the list of VMRUN checks. */
  set vmrunChecks(checks: readonly VmrunCheck[]) {
    this.core.checks = checks;
  }

  reportExit(trace: TraceSink): void {
    traceVmexit(trace, this.core.vmcb);
  }

  peekPhysical(address: number): number {
    return this.core.c.secondStage === null ? address : this.core.nested.peek(address);
  }

  reset(): void {
    this.cloneStateFrom();
  }

  // --- Cloning. ---

  restore(): void {
    this.cloneStateFrom();
  }

  cloneStateFrom(): void {
    const { c, s, nested } = this.core;
    this.core.restoreVmcb();
    const isNested = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && (s[W.NESTED_CONTROL]! & C.NP_ENABLE) !== 0;
    if (isNested) nested.use();
    c.secondStage = isNested ? nested : null;
  }
}
