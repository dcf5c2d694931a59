import type { CpuModel, Op, PendingException, Processor, TraceSink, VirtualizationExtension } from "@hvdiff/cpu";
import { globalCounterBits, STATE } from "@hvdiff/cpu";
import { hi32, lo32 } from "@hvdiff/spec";
import { addressHigh, lowHalf } from "./address.ts";
import { apicAccess } from "./apic/apic-access.ts";
import { noteApicWrite } from "./apic/apic-write.ts";
import { apicAccessPage } from "./apic/enter-apic.ts";
import { createVmxCapabilities, type VmxCapabilities } from "./capabilities.ts";
import * as C from "./control-bits.ts";
import { VmxCore } from "./core.ts";
import { enterGuest } from "./entry/enter.ts";
import { ENTRY_CHECKS, type EntryCheckLists } from "./entry/lists.ts";
import type { VmxEnvironment } from "./environment.ts";
import { GuestPhysicalMappings } from "./ept/mappings.ts";
import { ROOT_EXECUTORS } from "./execute.ts";
import { exitAtBoundary, exitForException, exitForTaskSwitch, exitForTripleFault } from "./exit/events.ts";
import { type InveptOperands, invept } from "./instructions/invept.ts";
import { type InvvpidOperands, invvpid } from "./instructions/invvpid.ts";
import { vmclear } from "./instructions/vmclear.ts";
import { vmlaunch, vmresume } from "./instructions/vmlaunch-vmresume.ts";
import { vmptrld } from "./instructions/vmptrld.ts";
import { vmxoff } from "./instructions/vmxoff.ts";
import { vmxon } from "./instructions/vmxon.ts";
import { HANDLERS_BY_ID } from "./intercepts/table.ts";
import { interceptVmxInstruction } from "./intercepts/vmx-instructions.ts";
import type { MemoryVmcs } from "./memory-vmcs.ts";
import type { VmxOutcome } from "./outcome.ts";
import { ARCHITECTURAL_VMX_POLICY, type VmxPolicy } from "./policy.ts";
import type { RootVmx } from "./root-vmx.ts";
import type { ShadowListener } from "./shadow-listener.ts";
import * as W from "./state.ts";
import { flushEptContexts, flushVpidContexts } from "./tlb-contexts.ts";
import { traceVmexit } from "./trace.ts";
import { createVmcsLayout } from "./vmcs-layout.ts";

const MODE_GUEST = 2;
const WAIT_FOR_SIPI = 3;

const ADDRESS_WIDTHS_LEAF = 0x80000008;

const CAPABILITIES = new WeakMap<CpuModel, VmxCapabilities>();

/** What a processor model's VMX can do. */
export function capabilitiesOf(model: CpuModel): VmxCapabilities {
  let capabilities = CAPABILITIES.get(model);
  if (capabilities === undefined) {
    capabilities = readCapabilities(model);
    CAPABILITIES.set(model, capabilities);
  }
  return capabilities;
}

function readCapabilities(model: CpuModel): VmxCapabilities {
  const widths = model.cpuid.find((entry) => entry.leaf === ADDRESS_WIDTHS_LEAF)?.eax ?? 0;
  const linearAddressWidth = (widths >>> 8) & 0xff || 48;
  const counters = globalCounterBits(model);
  const writableMsrBits = { perfGlobalCtrlLow: lo32(counters), perfGlobalCtrlHigh: hi32(counters) };
  return createVmxCapabilities(model.msrs, model.maxPhysicalAddress, { linearAddressWidth, writableMsrBits });
}

/** What a `Vmx` may be given; the rest comes from the processor's model and the manual. */
export interface VmxOptions {
  readonly capabilities?: VmxCapabilities;
  readonly policy?: VmxPolicy;
  readonly checks?: EntryCheckLists;
  /** Root mode belongs to a client in TypeScript: VM entries and exits are then not traced. */
  readonly rootClient?: boolean;
}

/** Intel VMX in a processor: what the SDM's volumes 3C and 3D say. */
export class Vmx implements VirtualizationExtension, RootVmx {
  readonly capabilities: VmxCapabilities;
  readonly tickWords = [W.PREEMPTION_DEADLINE, W.MTF_AT];
  private readonly core: VmxCore;

  /** Becomes the processor's extension. State words are used as they are, so that a cloned processor goes on. */
  constructor(processor: Processor, options: VmxOptions = {}) {
    const { model } = processor;
    this.capabilities = options.capabilities ?? capabilitiesOf(model);
    this.core = new VmxCore(processor, {
      capabilities: this.capabilities,
      layout: createVmcsLayout(this.capabilities),
      policy: options.policy ?? ARCHITECTURAL_VMX_POLICY,
      checks: options.checks ?? ENTRY_CHECKS,
    });
    this.core.hasRootClient = options.rootClient ?? false;
    this.core.environment.invalidation = {
      invalidateEpt: (all, low, high) => this.invalidateEpt(all, low, high),
      invalidateVpid: (type, vpid) => flushVpidContexts(this.core, type, vpid),
    };
    processor.extension = this;
  }

  get vmcsRevision(): number {
    return this.capabilities.revisionId;
  }

  /** The environment that the processor's own VMX instructions act on. */
  get environment(): VmxEnvironment {
    return this.core.environment;
  }

  private invalidateEpt(all: boolean, low: number, high: number): void {
    this.core.ept.invalidate(all, low, high);
    flushEptContexts(this.core, all, low, high);
  }

  // --- What the processor calls. ---

  execute(op: Op): number {
    if (this.core.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST) return interceptVmxInstruction(this.core, op);
    return ROOT_EXECUTORS[op.instruction.mnemonic]!(this.core, op);
  }

  intercept(id: number, op: Op, detail: number): number {
    return HANDLERS_BY_ID[id]!(this.core, op, detail);
  }

  exception(exception: PendingException): boolean {
    return exitForException(this.core, exception);
  }

  boundary(): boolean {
    return exitAtBoundary(this.core);
  }

  /** The delivery counts as the instruction that the monitor trap flag waits for. */
  delivered(): void {
    if (this.core.s[W.PENDING_MTF] !== 0) this.core.s[W.PENDING_MTF] = 1;
  }

  tripleFault(): boolean {
    return exitForTripleFault(this.core);
  }

  taskSwitch(selector: number, source: number): boolean {
    return exitForTaskSwitch(this.core, selector, source);
  }

  /** The VMX-preemption timer counts while the guest halts or has shut down. */
  wakesAt(): number {
    const { c, s } = this.core;
    const runs = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && s[STATE.ACTIVITY] !== WAIT_FOR_SIPI;
    const counts = runs && (s[W.PIN]! & C.ACTIVATE_VMX_PREEMPTION_TIMER) !== 0;
    return counts ? c.f64[W.PREEMPTION_DEADLINE]! : Number.POSITIVE_INFINITY;
  }

  unrestrictedGuest(): boolean {
    return (this.core.s[W.SECONDARY]! & C.UNRESTRICTED_GUEST) !== 0;
  }

  apicAccess(offset: number, size: number, access: number): number {
    return apicAccess(this.core, offset, size, access);
  }

  apicWritten(offset: number): void {
    noteApicWrite(this.core, offset);
  }

  // --- The instructions, for clients in TypeScript that own root mode. No permission checks; no flags. ---

  vmxon(address: number): VmxOutcome {
    return vmxon(this.core.environment, lowHalf(address), addressHigh(address));
  }

  vmxoff(): VmxOutcome {
    return vmxoff(this.core.environment);
  }

  vmclear(address: number): VmxOutcome {
    return vmclear(this.core.environment, lowHalf(address), addressHigh(address));
  }

  vmptrld(address: number): VmxOutcome {
    return vmptrld(this.core.environment, lowHalf(address), addressHigh(address));
  }

  /** Fields of the VMCS at a physical address; null where no memory is. */
  vmcsAt(address: number): MemoryVmcs | null {
    return this.core.environment.vmcsAt(address);
  }

  /** Fields of the current VMCS: VMREAD and VMWRITE by dense field index. Without a current VMCS this is misuse. */
  currentVmcs(): MemoryVmcs {
    const vmcs = this.core.environment.currentVmcs();
    if (vmcs === null) throw new Error("no VMCS is current");
    return vmcs;
  }

  /** Enters the guest; see `enterGuest` for the outcome. */
  vmlaunch(): VmxOutcome {
    const outcome = vmlaunch(this.core.environment);
    return outcome.kind === "enter" ? this.enter(true) : outcome;
  }

  vmresume(): VmxOutcome {
    const outcome = vmresume(this.core.environment);
    return outcome.kind === "enter" ? this.enter(false) : outcome;
  }

  private enter(isLaunch: boolean): VmxOutcome {
    this.core.retiredAtEntry = this.core.c.retired;
    const outcome = enterGuest(this.core, isLaunch);
    if (this.core.c.stop === null) this.core.c.fault = 0;
    return outcome;
  }

  invept(operands: InveptOperands): VmxOutcome {
    return invept(this.core.environment, operands);
  }

  invvpid(operands: InvvpidOperands): VmxOutcome {
    return invvpid(this.core.environment, operands);
  }

  /** Id of the check at which the last VM entry failed; null if it did not. */
  get failedCheck(): string | null {
    return this.core.failedCheck;
  }

  /** Trace level of guests entered from now on; 0 for one more than that of root mode. */
  set guestTraceLevel(level: number) {
    this.core.s[W.GUEST_TRACE_LEVEL] = level;
  }

  get shadowListener(): ShadowListener | null {
    return this.core.shadowListener;
  }

  /** Who is told of VMREADs and VMWRITEs of guests that do not exit. */
  set shadowListener(listener: ShadowListener | null) {
    this.core.shadowListener = listener;
  }

  get guestTraceLevel(): number {
    return this.core.s[W.GUEST_TRACE_LEVEL]!;
  }

  /** Replaces the lists of entry checks. */
  set entryChecks(checks: EntryCheckLists) {
    this.core.useChecks(checks);
  }

  /** Where a physical address of the running level lies in memory, for onlookers; -1 where EPT leads nowhere. */
  peekPhysical(address: number): number {
    return this.core.c.secondStage === null ? address : this.core.ept.peek(address);
  }

  reportExit(trace: TraceSink): void {
    traceVmexit(trace, this.currentVmcs());
  }

  // --- Cloning. ---

  readonly translationWords = [
    [W.NEXT_TLB_CONTEXT, W.NEXT_TLB_CONTEXT + 1],
    [W.TLB_TAGS, W.TLB_TAGS + STATE.TLB_CONTEXTS * W.TLB_TAG_WORDS],
  ] as const;

  /** Takes over what lies outside state words and memory frames. Call it after the memory was copied. */
  cloneStateFrom(other: VirtualizationExtension): void {
    if (other instanceof Vmx) this.core.ept.mappings.copyFrom(other.core.ept.mappings);
    this.restoreCaches();
  }

  save(): unknown {
    const kept = new GuestPhysicalMappings();
    kept.copyFrom(this.core.ept.mappings);
    return kept;
  }

  restore(saved: unknown): void {
    this.core.ept.mappings.copyFrom(saved as GuestPhysicalMappings);
    this.restoreCaches();
  }

  reset(): void {
    this.core.ept.invalidate(true, 0, 0);
    this.restoreCaches();
  }

  /** Rebuilds what can be rebuilt from state words, after they changed behind our back. */
  restoreCaches(): void {
    const { c, s, ept, environment } = this.core;
    environment.forgetAddresses();
    environment.currentVmcs();
    this.core.resident = null;
    const hasEpt = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && (s[W.SECONDARY]! & C.ENABLE_EPT) !== 0;
    if (hasEpt) ept.restore();
    c.secondStage = hasEpt ? ept : null;
    c.apicAccessPage = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST ? apicAccessPage(this.core) : -1;
  }

  /** The guest-physical mappings that are remembered, sorted: for state hashes. */
  rememberedMappings(): { root: number; page: number; hostPage: number; rights: number }[] {
    return this.core.ept.mappings.entries();
  }
}
