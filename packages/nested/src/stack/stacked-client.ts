import type { CpuModel, Processor } from "@hvdiff/cpu";
import type { Machine, Outcome, RootAction, RootEvent, RootPlatform, TraceEvent } from "@hvdiff/machine";
import { EXIT_REASONS, MSRS } from "@hvdiff/spec";
import type { VmxCapabilities } from "@hvdiff/vmx";
import { GUEST_OS_ID, VP_ASSIST_PAGE } from "../enlightened/synthetic-msrs.ts";
import { F } from "../fields.ts";
import { GATE, PAGE } from "../host-layout.ts";
import type { L0 } from "../l0.ts";
import { takePage } from "../page-pool.ts";
import type { ClientEnlightenments } from "./client-evmcs.ts";
import { ClientFailure, ClientInstructions, RunEnded } from "./client-instructions.ts";
import type { ClientMemory } from "./client-memory.ts";
import { writeClientPage } from "./client-page.ts";
import { ClientTimer } from "./client-timer.ts";
import { ClientVmx } from "./client-vmx.ts";

const LOCKED_WITH_VMX = 5;
/** An open-source system, in the form of such identities. */
const SOME_SYSTEM = 0x8100_0000 | 0;

/** What a client stands on. */
export interface ClientGround {
  readonly machine: Machine;
  readonly memory: ClientMemory;
  /** 1 for the client that the L0 runs, 2 for the one above it. */
  readonly depth: number;
  /** The processor that it is offered, and its VMX. */
  readonly model: CpuModel;
  readonly capabilities: VmxCapabilities;
  readonly enlightenments: ClientEnlightenments;
}

/**
 * A hypervisor in TypeScript that stands on another: it runs where code comes to its gate, and executes its privileged instructions on the
 * processor that the one below offers.
 */
export class StackedClient {
  readonly depth: number;
  readonly instructions: ClientInstructions;
  readonly vmx: ClientVmx;
  readonly platform: RootPlatform;
  /** Pool frame of its gate. */
  readonly gateFrame: number;
  /** The hypervisor itself: the same code as an L0's. */
  hypervisor!: L0;
  private readonly machine: Machine;
  private readonly silicon: Processor;
  private readonly timer: ClientTimer;
  private retiredAtEntry = 0;

  constructor(ground: ClientGround) {
    const { machine, memory, depth } = ground;
    this.machine = machine;
    this.depth = depth;
    this.silicon = machine.processors[0]!;
    this.instructions = new ClientInstructions(this.silicon, () => !machine.runChoicePoints(1));
    this.vmx = new ClientVmx(memory, ground.capabilities, this.instructions, () =>
      takePage(this.hypervisor.state.pool, memory),
    );
    this.timer = new ClientTimer(this.instructions);
    this.platform = this.createPlatform(ground);
    this.gateFrame = writeClientPage(memory) / PAGE;
    memory.gateFrames.add(this.gateFrame);
  }

  private createPlatform(ground: ClientGround): RootPlatform {
    const { machine, memory, depth, model } = ground;
    return {
      depth,
      processors: machine.processors,
      vmx: [this.vmx],
      svm: [],
      memory,
      trace: {
        add: (event: TraceEvent) => machine.trace.add({ ...event, level: event.level + depth }),
        retract: (kind) => machine.trace.retract(kind),
        takeBack: (isLike) => machine.trace.takeBack(isLike),
      },
      options: { ...machine.options, model },
      turns: { isIdle: () => false },
      requestHostInterrupt: () => this.timer.interruptSelf(),
      useHostMode: (_index, { cr4 }) => {
        this.prepare(cr4);
        if (ground.enlightenments.vmcs) this.useEnlightenedVmcs(memory);
        if (ground.enlightenments.flush) this.useFlushHypercall(memory);
      },
      stateArea: (index) => machine.stateArea(index) + depth * machine.processors.length,
      where: () => machine.where(),
    };
  }

  /** What software does before VMXON. */
  private prepare(cr4: number): void {
    this.instructions.execute("moveToCr4", { rax: [cr4, 0] });
    const control = this.instructions.execute("rdmsr", { rcx: [MSRS.IA32_FEATURE_CONTROL.address, 0] });
    if ((control.rax[0] & 1) === 0)
      this.instructions.execute("wrmsr", {
        rcx: [MSRS.IA32_FEATURE_CONTROL.address, 0],
        rax: [LOCKED_WITH_VMX, 0],
        rdx: [0, 0],
      });
    this.timer.start();
  }

  private useEnlightenedVmcs(memory: ClientMemory): void {
    const page = takePage(this.hypervisor.state.pool, memory);
    this.writeSynthetic(VP_ASSIST_PAGE, page | 1, 0);
    this.vmx.useEnlightened(page);
  }

  /** Who has not said what it is has no hypercalls. */
  private useFlushHypercall(memory: ClientMemory): void {
    this.writeSynthetic(GUEST_OS_ID, 0, SOME_SYSTEM);
    this.vmx.flushByHypercall(takePage(this.hypervisor.state.pool, memory));
  }

  private writeSynthetic(msr: number, low: number, high: number): void {
    const done = this.instructions.execute("wrmsr", { rcx: [msr, 0], rax: [low, 0], rdx: [high, 0] });
    if (done.vector >= 0) throw new ClientFailure(`its WRMSR of ${msr.toString(16)}H raises exception ${done.vector}`);
  }

  /** Code has come to the gate, at this offset of its page. */
  pass(offset: number): void {
    if (this.instructions.isWaiting) {
      this.instructions.arrive(offset);
      return;
    }
    try {
      this.act(this.eventAt(offset));
    } catch (error) {
      this.end(error);
    }
  }

  private eventAt(offset: number): RootEvent {
    if (offset === GATE.start) return { kind: "start" };
    if (offset === GATE.exit) return this.exit();
    if (offset !== GATE.done) throw new ClientFailure(`exception ${(offset - GATE.vectors) >> 3} comes to it`);
    this.silicon.retired = this.retiredAtEntry;
    return { kind: "entry-failed", error: this.vmx.current!.lo(F.vmInstructionError) };
  }

  private exit(): RootEvent {
    const { current } = this.vmx;
    this.vmx.noteExit();
    if ((current!.lo(F.exitReason) & 0xffff) === EXIT_REASONS.EXTERNAL_INTERRUPT.number) this.timer.acknowledge();
    return { kind: "exit" };
  }

  private act(first: RootEvent): void {
    let event = first;
    for (;;) {
      const action = this.hypervisor.advance(this.machine, 0, event);
      if (action.kind === "enter") {
        this.enter(action.resume);
        return;
      }
      if (action.kind === "stop") {
        this.machine.outcome = action.outcome;
        return;
      }
      event = this.afterAction(action);
    }
  }

  private afterAction(action: RootAction): RootEvent {
    if (action.kind === "step") return { kind: "step" };
    this.timer.arm(this.hypervisor.deadline(0));
    this.timer.wait();
    return { kind: "wake" };
  }

  private enter(resume: boolean): void {
    this.timer.arm(this.hypervisor.deadline(0));
    this.vmx.flush();
    this.retiredAtEntry = this.silicon.retired;
    this.silicon.retired -= 1;
    this.instructions.begin(resume ? "vmresume" : "vmlaunch");
  }

  private end(error: unknown): void {
    if (error instanceof RunEnded) return;
    if (!(error instanceof ClientFailure)) throw error;
    const what = `the hypervisor at level ${this.depth} cannot go on: ${error.message}`;
    const outcome: Outcome = { kind: "l0-error", what, where: this.machine.where() };
    this.machine.outcome = outcome;
  }
}
