import { DELIVERY, type Processor, STATE, type TraceSink } from "@hvdiff/cpu";
import type { ApicMessage, Outcome, RootAction, Where } from "@hvdiff/machine";
import {
  createVmcsLayout,
  EntryCheckContext,
  EptWalk,
  fieldOffsetsOf,
  type MemoryVmcs,
  type ModificationLog,
  type RootVmx,
  traceVmexit,
} from "@hvdiff/vmx";
import { countEntered, countPage } from "./accounting.ts";
import { findEnlightened, syncEnlightened } from "./enlightened/enlightened-vmcs.ts";
import { createSyntheticInterrupts } from "./enlightened/synthetic-interrupts.ts";
import { dropAllShadows } from "./ept02.ts";
import type { EventPolicy } from "./event-policy.ts";
import { canWake } from "./events.ts";
import { ExitHandlers } from "./exits.ts";
import { GuestCpu } from "./guest-cpu.ts";
import { GuestInterrupts } from "./guest-interrupts.ts";
import { registerHome } from "./guest-register-file.ts";
import type { StructureHistory } from "./history/structure-history.ts";
import { createVmxHistory } from "./history/vmx-structures.ts";
import { instructionBytes } from "./instruction-bytes.ts";
import type { L0 } from "./l0.ts";
import { FEATURE_CONTROL_MSR, L1Environment } from "./l1-environment.ts";
import { createModificationLog } from "./modification-log.ts";
import { noteEntry } from "./own-events.ts";
import { peekPhysical } from "./peek-physical.ts";
import { isNotification } from "./posted-interrupts.ts";
import { ShadowVmcs } from "./shadow-vmcs.ts";
import { forgetEpt, forgetVpid, VPID_L1, VPID_L2 } from "./silicon-tlb.ts";
import type { VirtualProcessor } from "./virtual-processor.ts";
import { createVmxVcpuState, type VmxVcpuState } from "./vmx-vcpu-state.ts";

const MODE_GUEST = 2;
const WAIT_FOR_SIPI = 3;

/** One virtual processor of an L0 on silicon with VMX, with the processor of silicon that runs it. */
export class VmxVcpu implements VirtualProcessor {
  readonly l0: L0;
  readonly index: number;
  readonly silicon: Processor;
  readonly vmx: RootVmx;
  state: VmxVcpuState = createVmxVcpuState();
  readonly sink: TraceSink | null;
  /** Trace of what L0 does by itself; null where nobody asked for that. */
  readonly ownSink: TraceSink | null;
  /** What becomes of its VMCSs; null where nobody asked for that. */
  readonly history: StructureHistory | null;
  readonly guestCpu: GuestCpu;
  readonly interrupts: GuestInterrupts;
  readonly environment: L1Environment;
  readonly handlers: ExitHandlers;
  readonly events: EventPolicy;
  outcome: Outcome | null = null;
  /** vmcs01 and vmcs02 as L0 reads and writes them. */
  v01!: MemoryVmcs;
  v02!: MemoryVmcs;
  checkContext!: EntryCheckContext;
  /** Walks L1's EPT12 in L1's memory. */
  readonly ept12Walk: EptWalk;
  readonly modificationLog: ModificationLog;
  /** Null where this L0 does not use VMCS shadowing for L1. */
  readonly shadow: ShadowVmcs | null;

  constructor(l0: L0, index: number) {
    const { machine, options, capabilities } = l0;
    this.l0 = l0;
    this.index = index;
    this.silicon = machine.processors[index]!;
    this.vmx = machine.vmx[index]!;
    this.sink = machine.options.recordTrace === false ? null : this.createSink(() => this.level);
    this.ownSink = machine.options.traceRoot === true ? this.createSink(() => 0) : null;
    this.history =
      machine.options.traceStructures === true
        ? createVmxHistory(
            this,
            this.createSink(() => 0),
          )
        : null;
    this.guestCpu = new GuestCpu(registerHome(machine, index), options.guestModel, options.ram, this.sink, l0.pc);
    this.interrupts = new GuestInterrupts(
      this.guestCpu.file,
      l0.pc,
      (message, exceptSender) => l0.send(message, exceptSender ? this : null),
      (vector) => this.events.endsOfInterrupts === "all" || this.state.notedEnds.includes(vector),
    );
    if (options.policy.enlightened.synic) this.interrupts.more = createSyntheticInterrupts(this);
    this.events = options.policy.events;
    const { home, fieldOffsets } = options.policy.vmcs12;
    this.environment = new L1Environment(this.guestCpu, machine.memory, options.ram, {
      capabilities,
      policy: options.policy.vmxInstructions,
      keepsCopy: home === "copy",
      fieldOffsets: fieldOffsets ?? fieldOffsetsOf(createVmcsLayout(this.vmx.capabilities)),
      state: () => this.state,
      pool: () => l0.state.pool,
      featureControl: () => this.guestCpu.msr(FEATURE_CONTROL_MSR),
    });
    this.ept12Walk = new EptWalk(this.guestCpu, capabilities);
    this.modificationLog = createModificationLog(this);
    this.handlers = new ExitHandlers(this);
    this.shadow = this.createShadow();
    this.environment.onCopy = (kind, why) => countPage(this, kind, why);
    this.guestCpu.onControlRegisterChange = () => forgetVpid(this, this.state.guestMode ? VPID_L2 : VPID_L1);
    this.guestCpu.onApicMoved = (page) => l0.uncoverApic(page);
    this.environment.onInvalidate = () => this.forgetTranslations(true);
  }

  private createShadow(): ShadowVmcs | null {
    const { mechanisms, policy } = this.l0.options;
    const { shadowedFields } = mechanisms;
    // What stands for vmcs12 is a copy: an L0 that works on the page itself has no use for one.
    if (shadowedFields === null || policy.vmcs12.home !== "copy") return null;
    const sink =
      this.sink === null
        ? null
        : this.createSink(
            () => 1,
            () => this.silicon.exactTime(),
          );
    const shadow = new ShadowVmcs(this, shadowedFields, sink);
    this.environment.onCurrent = (pointer) => shadow.follow(pointer);
    this.environment.onWriteBack = (current) => shadow.collect(current, "L1 leaves it");
    return shadow;
  }

  /** @param time when its events happen: in root mode, where L0 works, that is after the last instruction */
  private createSink(level: () => number, time = () => this.silicon.retired): TraceSink {
    const { trace } = this.l0.machine;
    const vcpu = this.index;
    return {
      event: (kind, data) => trace.add({ vcpu, level: level(), time: time(), kind, data }),
    };
  }

  forgetTranslations(ofL2: boolean): void {
    if (ofL2) this.state.flush02 = true;
    else this.state.flush01 = true;
  }

  dropShadows(): void {
    dropAllShadows(this);
  }

  private flush(): void {
    const { state } = this;
    if (!state.flush01 && !state.flush02) return;
    if (state.flush01) forgetVpid(this, VPID_L1);
    if (state.flush02) forgetVpid(this, VPID_L2);
    forgetEpt(this);
    state.flush01 = false;
    state.flush02 = false;
  }

  /** The VMCS that silicon ran last and will run next. */
  get current(): MemoryVmcs {
    return this.state.guestMode ? this.v02 : this.v01;
  }

  /** 1 while L1 runs, 2 while L2 runs. */
  get level(): number {
    return this.state.guestMode ? 2 : 1;
  }

  /** Silicon itself waits for a start-up IPI, in L2. */
  private get siliconWaitsForStartup(): boolean {
    const { s } = this.silicon;
    return s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && s[STATE.ACTIVITY] === WAIT_FOR_SIPI;
  }

  get isDeaf(): boolean {
    const { waitsForStartup, halted } = this.state;
    return waitsForStartup || this.siliconWaitsForStartup || (halted && !canWake(this));
  }

  forwards({ deliveryMode }: ApicMessage): boolean {
    return deliveryMode === DELIVERY.startUp && this.siliconWaitsForStartup;
  }

  peekPhysical(address: number): number {
    return peekPhysical(this, address);
  }

  reportExit(trace: TraceSink): void {
    const v12 = this.environment.currentVmcs();
    if (v12 !== null) traceVmexit(trace, v12);
  }

  arrive(): string | null {
    return findEnlightened(this);
  }

  noteArrival(message: ApicMessage | null): void {
    const { state, events } = this;
    const isLate = state.guestMode && state.eventsEvaluated && message?.deliveryMode === DELIVERY.fixed;
    if (!isLate || events.arrivalBeforeEntry === "evaluated") state.eventsRequested = true;
  }

  /** A notification to a processor that does not run L2 yet although it will: told later, where products do so. */
  isLateNotification({ deliveryMode, vector }: ApicMessage): boolean {
    const runs = this.silicon.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST;
    if (this.events.notification === "at-once" || runs || deliveryMode !== DELIVERY.fixed) return false;
    return isNotification(this, vector);
  }

  /** Takes a notification as such, and not as an interrupt of L1's, where products do so. False: it is an interrupt. */
  takesNotification({ deliveryMode, vector }: ApicMessage): boolean {
    if (this.events.unprocessedNotification === "interrupts-l1" || deliveryMode !== DELIVERY.fixed) return false;
    if (!isNotification(this, vector)) return false;
    this.state.notified = true;
    return true;
  }

  wake(): void {
    this.state.woken = true;
    this.state.eventsRequested = true;
  }

  noteSignal(): boolean {
    this.state.signal = this.l0.options.userspace !== null;
    return this.state.signal;
  }

  /** VMLAUNCH or VMRESUME of the VMCS that is current on silicon. */
  enter(): RootAction {
    const { state } = this;
    state.eventsEvaluated = false;
    const launched = state.guestMode ? state.launched02 : state.launched01;
    if (state.guestMode) state.launched02 = true;
    else state.launched01 = true;
    this.flush();
    if (!state.guestMode) {
      this.shadow?.synchronize(this.environment.currentVmcs());
      syncEnlightened(this);
    }
    this.vmx.guestTraceLevel = this.level;
    noteEntry(this);
    countEntered(this);
    return { kind: "enter", resume: launched };
  }

  /** The guest's place, from the VMCS that ran last and its own page tables. */
  where(): Where {
    const v = this.current;
    return {
      level: this.level,
      vcpu: this.index,
      rip: `0x${v.read("guestRip").toString(16)}`,
      bytes: instructionBytes(this.guestCpu, v, this.state),
    };
  }

  /** Points the views at the regions that the state names. */
  attach(): void {
    this.environment.reattach();
    if (this.state.vmcs02 === 0) return;
    this.v01 = this.vmx.vmcsAt(this.state.vmcs01)!;
    this.v02 = this.vmx.vmcsAt(this.state.vmcs02)!;
    this.checkContext = new EntryCheckContext(this.l0.capabilities, this.guestCpu, this.v01);
  }

  copyFrom(other: VmxVcpu): void {
    this.state = structuredClone(other.state);
    this.attach();
    this.guestCpu.resumeFrom(other.guestCpu);
  }
}
