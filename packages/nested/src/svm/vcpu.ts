import { type Processor, STATE, supportedCr4, supportedEfer, type TraceSink } from "@hvdiff/cpu";
import type { Outcome, Where } from "@hvdiff/machine";
import { NestedWalk, type Svm, traceVmexit, VMCB, Vmcb } from "@hvdiff/svm";
import { GuestInterrupts } from "../guest-interrupts.ts";
import { registerHome } from "../guest-register-file.ts";
import type { StructureHistory } from "../history/structure-history.ts";
import { createSvmHistory } from "../history/svm-structures.ts";
import { hostAddress } from "../host-layout.ts";
import type { VirtualProcessor } from "../virtual-processor.ts";
import { canWake } from "./events.ts";
import { emulateAtRip } from "./instructions.ts";
import { dropAllShadows, peekPhysical } from "./npt-exits.ts";
import { SvmGuestCpu } from "./svm-guest-cpu.ts";
import type { SvmL0 } from "./svm-l0.ts";
import { createVcpuState, type SvmVcpuState } from "./vcpu-state.ts";

const SHOWN_BYTES = 8;
const BLOCKED_BY_NMI = 8;

/** One virtual processor of an L0 on silicon with SVM, with the processor of silicon that runs it. */
export class SvmVcpu implements VirtualProcessor {
  readonly l0: SvmL0;
  readonly index: number;
  readonly silicon: Processor;
  readonly svm: Svm;
  state: SvmVcpuState = createVcpuState();
  readonly sink: TraceSink;
  /** Whether anybody reads the trace. */
  readonly isTraced: boolean;
  /** Bits of CR4 and EFER that L1's processor has. */
  readonly supportedCr4: number;
  readonly supportedEfer: number;
  /** What L0 does by itself is not told here. */
  readonly ownSink: TraceSink | null = null;
  /** What becomes of its VMCBs; null where nobody asked for that. */
  readonly history: StructureHistory | null;
  readonly guestCpu: SvmGuestCpu;
  readonly interrupts: GuestInterrupts;
  /** Walks L1's nested page tables in L1's memory. */
  readonly npt12: NestedWalk;
  /** How the run has ended; null while it goes on. */
  outcome: Outcome | null = null;
  /** vmcb01 and vmcb02 as L0 reads and writes them. */
  v01!: Vmcb;
  v02!: Vmcb;
  private view12: Vmcb | null = null;

  constructor(l0: SvmL0, index: number) {
    const { machine, options } = l0;
    this.l0 = l0;
    this.index = index;
    this.silicon = machine.processors[index]!;
    this.svm = machine.svm[index]!;
    const sinkAt = (level: () => number): TraceSink => ({
      event: (kind, data) => machine.trace.add({ vcpu: index, level: level(), time: this.silicon.retired, kind, data }),
    });
    this.sink = sinkAt(() => this.level);
    const { traceStructures = false } = machine.options;
    this.history = traceStructures
      ? createSvmHistory(
          this,
          sinkAt(() => 0),
        )
      : null;
    this.isTraced = machine.options.recordTrace !== false;
    this.guestCpu = new SvmGuestCpu(registerHome(machine, index), options.guestModel, options.ram, this.sink, l0.pc);
    this.supportedCr4 = supportedCr4(this.guestCpu.file);
    this.supportedEfer = supportedEfer(this.guestCpu.file);
    this.interrupts = new GuestInterrupts(this.guestCpu.file, l0.pc, (message, exceptSender) =>
      l0.send(message, exceptSender ? this : null),
    );
    this.npt12 = new NestedWalk(this.guestCpu);
    this.guestCpu.onControlRegisterChange = () => this.forgetTranslations(this.state.guestMode);
    this.guestCpu.onApicMoved = (page) => l0.uncoverApic(page);
  }

  get isDeaf(): boolean {
    return this.state.waitsForStartup || (this.state.halted && !this.state.woken && !canWake(this));
  }

  forwards(): boolean {
    return false;
  }

  dropShadows(): void {
    dropAllShadows(this);
  }

  arrive(): null {
    return null;
  }

  /** Events are evaluated before every entry, with nothing in between. */
  noteArrival(): void {}

  wake(): void {
    this.state.woken = true;
  }

  noteSignal(): boolean {
    this.state.signal = this.l0.options.userspace !== null;
    return this.state.signal;
  }

  peekPhysical(address: number): number {
    return peekPhysical(this, address);
  }

  /** Silicon shall forget the translations of L2, or of L1. */
  forgetTranslations(ofL2: boolean): void {
    if (ofL2) this.state.flush02 = true;
    else this.state.flush01 = true;
  }

  /** An NMI is no longer being handled. */
  nmiEnds(): void {
    emulateAtRip(this);
    this.silicon.s[STATE.INTERRUPTIBILITY]! &= ~BLOCKED_BY_NMI;
  }

  /** The VMCB that silicon ran last and will run next. */
  get current(): Vmcb {
    return this.state.guestMode ? this.v02 : this.v01;
  }

  /** The VMCB that L1 entered last. */
  get v12(): Vmcb {
    return this.vmcbAt(this.state.vmcb12);
  }

  reportExit(trace: TraceSink): void {
    traceVmexit(trace, this.v12);
  }

  /** A VMCB at an L1-physical address. */
  vmcbAt(address: number): Vmcb {
    const host = hostAddress(address, this.l0.options.ram);
    if (this.view12?.address !== host) this.view12 = new Vmcb(this.l0.machine.memory, host);
    return this.view12;
  }

  /** 1 while L1 runs, 2 while L2 runs. */
  get level(): number {
    return this.state.guestMode ? 2 : 1;
  }

  /** Points the views at the pages that the state names. */
  attach(): void {
    const { memory } = this.l0.machine;
    this.view12 = null;
    if (this.state.vmcb01 === 0) return;
    this.v01 = new Vmcb(memory, this.state.vmcb01);
    this.v02 = new Vmcb(memory, this.state.vmcb02);
  }

  copyFrom(other: SvmVcpu): void {
    this.state = structuredClone(other.state);
    this.attach();
    this.guestCpu.resumeFrom(other.guestCpu);
  }

  where(): Where {
    const v = this.current;
    const rip = BigInt(v.lo(VMCB.RIP) >>> 0) | (BigInt(v.hi(VMCB.RIP) >>> 0) << 32n);
    return { level: this.level, vcpu: this.index, rip: `0x${rip.toString(16)}`, bytes: this.bytesAtRip(v) };
  }

  private bytesAtRip(v: Vmcb): string {
    const { guestCpu } = this;
    guestCpu.sync(v, this.state);
    const is64 = guestCpu.file.in64BitMode;
    const base = is64 ? 0 : v.lo(VMCB.CS + 8) >>> 0;
    const bytes: string[] = [];
    for (let at = 0; at < SHOWN_BYTES; at++) {
      const byte = guestCpu.read(((v.lo(VMCB.RIP) >>> 0) + base + at) | 0, is64 ? v.hi(VMCB.RIP) : 0, 1);
      if (byte === null) break;
      bytes.push(byte.toString(16).padStart(2, "0"));
    }
    return bytes.join(" ");
  }
}
