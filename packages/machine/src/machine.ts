import {
  type Bus,
  type CpuModel,
  Engine,
  MemoryExhausted,
  PhysicalMemory,
  Processor,
  type RecycledMemory,
  type RunResult,
  STATE,
} from "@hvdiff/cpu";
import { Vmx } from "@hvdiff/vmx";
import type { Outcome, Where } from "./outcome.ts";
import { Pc } from "./pc.ts";
import type { RootAction, RootClient, RootEvent } from "./root-client.ts";
import { isStuck } from "./stuck.ts";
import { Trace, TraceFull } from "./trace.ts";
import { whereIs } from "./where.ts";

/** Bounds of a run; reaching one is an outcome. */
export interface Bounds {
  /** Instructions (ticks) over all. */
  readonly instructions: number;
  readonly events: number;
  /** Bytes of memory touched, over all levels. */
  readonly memory: number;
}

export const DEFAULT_BOUNDS: Bounds = { instructions: 20_000_000, events: 200_000, memory: 96 * 1024 * 1024 };

export interface MachineOptions {
  readonly model: CpuModel;
  readonly processors?: number;
  readonly bounds?: Bounds;
  /** Buffer of a machine that is done, to use again. */
  readonly recycled?: RecycledMemory;
  /** Makes the root-mode client of an L0 column; absent on metal, where machine code runs in root mode. */
  readonly createClient?: (machine: Machine) => RootClient;
}

/** Vector of the host's own timer, which brings a root-mode client back at its deadline. */
export const HOST_TIMER_VECTOR = 0xef;

/** Instructions after which a processor comes back to the loop, so that long stretches have choice points too. */
const SLICE = 1000;

const EXIT: RootEvent = { kind: "exit" };

/** How often the run looks whether the guest is stuck in a loop that nothing can break. */
const STUCK_CHECK = 500_000;

/** Processors, memory, devices and the deterministic loop that runs them. */
export class Machine {
  readonly memory: PhysicalMemory;
  readonly processors: Processor[] = [];
  readonly engines: Engine[] = [];
  readonly vmx: Vmx[] = [];
  readonly trace: Trace;
  readonly options: MachineOptions;
  readonly bounds: Bounds;
  /** The metal column's devices. Under an L0 the host has none and the client owns the guest's. */
  readonly pc: Pc | null;
  readonly client: RootClient | null;
  /** Number of choice points passed so far. */
  choicePoints = 0;
  private outcome: Outcome | null = null;
  private nextEvent: RootEvent = { kind: "start" };
  private nextStuckCheck = STUCK_CHECK;

  constructor(options: MachineOptions) {
    this.options = options;
    this.bounds = options.bounds ?? DEFAULT_BOUNDS;
    const count = options.processors ?? 1;
    const metal = options.createClient === undefined;
    // An L0 keeps a second register file for each virtual processor, beside silicon's.
    this.memory = new PhysicalMemory(metal ? count : 2 * count, this.bounds.memory, options.recycled);
    this.trace = new Trace(this.bounds.events);
    this.pc = metal
      ? new Pc({
          now: () => this.now(),
          interruptLine: (on) => this.setInterruptLine(on),
          serialLine: (line) => this.serialLine(line),
          exited: () => this.engines[0]!.lowerLimit(0),
          deadlineChanged: (deadline) => this.engines[0]!.lowerLimit(deadline),
        })
      : null;
    const bus: Bus = this.pc ?? {
      readPort: () => 0xffffffff,
      writePort: () => {},
      acknowledgeInterrupt: () => this.acknowledgeHostTimer(),
    };
    for (let index = 0; index < count; index++) this.addProcessor(index, bus, metal);
    this.client = options.createClient?.(this) ?? null;
  }

  private addProcessor(index: number, bus: Bus, metal: boolean): void {
    const processor = new Processor(index, this.options.model, this.memory, bus);
    processor.trace = this.trace.sinkFor(processor);
    processor.s[STATE.TRACE_LEVEL] = metal ? 1 : 0;
    const vmx = new Vmx(processor, { rootClient: !metal });
    const engine = new Engine(processor);
    engine.rootClient = !metal;
    this.processors.push(processor);
    this.engines.push(engine);
    this.vmx.push(vmx);
  }

  /** Guest time in ticks. */
  now(): number {
    return this.processors[0]!.retired;
  }

  private setInterruptLine(asserted: boolean): void {
    const s = this.processors[0]!.s;
    if (asserted) s[STATE.EVENTS]! |= STATE.EVENT_INTERRUPT;
    else s[STATE.EVENTS]! &= ~STATE.EVENT_INTERRUPT;
  }

  /** Raises the host's interrupt line, so that silicon exits at the next boundary (a root-mode client's self-IPI). */
  requestHostInterrupt(): void {
    this.setInterruptLine(true);
  }

  private acknowledgeHostTimer(): number {
    this.setInterruptLine(false);
    return HOST_TIMER_VECTOR;
  }

  private serialLine(line: string): void {
    this.processors[0]!.trace?.event("serial", { line });
  }

  /** Serial and debug output of the guest, and its exit code (-1: none). */
  get guest(): { serial: string; debug: string; exitCode: number } {
    if (this.client !== null) return this.client.guest;
    return { serial: this.pc!.output.serial, debug: this.pc!.output.debug, exitCode: this.pc!.exit.state.code };
  }

  /** What the root-mode client counted; empty on metal. */
  get counters(): Readonly<Record<string, number>> {
    return this.client?.counters ?? {};
  }

  /** Runs until something ends the run. */
  run(): Outcome {
    this.runChoicePoints(Number.POSITIVE_INFINITY);
    return this.outcome!;
  }

  /** Runs at most this many choice points. True when the run has ended. */
  runChoicePoints(count: number): boolean {
    try {
      for (let passed = 0; passed < count && this.outcome === null; passed++) {
        this.choicePoints++;
        this.step();
      }
    } catch (error) {
      this.outcome = this.boundReached(error);
    }
    return this.outcome !== null;
  }

  private boundReached(error: unknown): Outcome {
    if (error instanceof TraceFull) return { kind: "trace-limit", events: this.bounds.events, where: this.where() };
    if (error instanceof MemoryExhausted)
      return { kind: "memory-limit", bytes: this.bounds.memory, where: this.where() };
    throw error;
  }

  where(): Where {
    const processor = this.processors[0]!;
    const guestRuns = processor.s[STATE.VIRTUALIZATION_MODE] === 2;
    return this.client === null || guestRuns ? whereIs(processor) : this.client.where();
  }

  private step(): void {
    const processor = this.processors[0]!;
    const inRoot = processor.s[STATE.VIRTUALIZATION_MODE] !== 2;
    if (this.client !== null && inRoot) this.stepClient(this.client, processor);
    else this.stepProcessor(processor);
  }

  private stepClient(client: RootClient, processor: Processor): void {
    processor.s[STATE.TRACE_LEVEL] = 0;
    const action = client.advance(this, processor.index, this.nextEvent);
    this.perform(client, processor, action);
  }

  private perform(client: RootClient, processor: Processor, action: RootAction): void {
    if (action.kind === "stop") this.outcome = action.outcome;
    else if (action.kind === "step") this.nextEvent = { kind: "step" };
    else if (action.kind === "block") {
      const deadline = client.deadline(processor.index);
      if (deadline === Number.POSITIVE_INFINITY) this.outcome = { kind: "halted", where: this.where() };
      else processor.retired = Math.max(processor.retired, deadline);
      this.nextEvent = { kind: "wake" };
    } else this.enter(processor, action.resume);
  }

  private enter(processor: Processor, resume: boolean): void {
    const vmx = this.vmx[processor.index]!;
    const result = resume ? vmx.vmresume() : vmx.vmlaunch();
    // A failed guest-state check is a VM exit in form: the processor is in root mode and the exit reason says so.
    if (result.kind === "failValid") this.nextEvent = { kind: "entry-failed", error: result.error };
    else if (result.kind === "failInvalid") this.nextEvent = { kind: "entry-failed", error: 0 };
    else this.nextEvent = EXIT;
  }

  private stepProcessor(processor: Processor): void {
    const engine = this.engines[processor.index]!;
    this.pc?.advanceTo(processor.retired);
    const deadline = this.client?.deadline(processor.index) ?? this.pc!.deadline;
    if (this.client !== null && processor.retired >= deadline) this.setInterruptLine(true);
    const timer = deadline > processor.retired ? deadline : Number.POSITIVE_INFINITY;
    const limit = Math.min(this.bounds.instructions, this.nextStuckCheck, processor.retired + SLICE, timer);
    const result = engine.run(limit);
    this.settle(processor, result);
  }

  /** What the processor's stopping means for the machine. */
  private settle(processor: Processor, result: RunResult): void {
    const deadline = this.client?.deadline(processor.index) ?? this.pc!.deadline;
    // A root-mode client tells by itself when its guest has left.
    const code = this.pc?.exit.state.code ?? -1;
    if (code >= 0) this.outcome = { kind: "exit", code };
    else if (result === "stopped") this.outcome = this.stopOutcome(processor);
    else if (result === "idle") this.idle(processor, deadline);
    else if (result === "limit") this.atLimit(processor, deadline);
  }

  private atLimit(processor: Processor, deadline: number): void {
    if (processor.retired >= this.bounds.instructions) {
      this.outcome = { kind: "limit", instructions: this.bounds.instructions, where: this.where() };
    } else if (processor.retired >= this.nextStuckCheck) {
      this.nextStuckCheck = processor.retired + STUCK_CHECK;
      if (deadline === Number.POSITIVE_INFINITY && isStuck(processor, this.engines[processor.index]!))
        this.outcome = { kind: "loop", where: this.where() };
    }
  }

  private idle(processor: Processor, deadline: number): void {
    const deaf =
      this.client === null &&
      !this.engines[processor.index]!.interruptible() &&
      processor.s[STATE.VIRTUALIZATION_MODE] !== 2;
    if (processor.s[STATE.ACTIVITY] === 2)
      this.outcome = { kind: "shutdown", what: "processor in shutdown state", where: this.where() };
    else if (deaf || deadline === Number.POSITIVE_INFINITY) this.outcome = { kind: "halted", where: this.where() };
    else processor.retired = Math.max(processor.retired, deadline);
  }

  private stopOutcome(processor: Processor): Outcome {
    const stop = processor.stop!;
    if (stop.kind === "triple-fault") return { kind: "triple-fault", where: this.where() };
    if (stop.kind === "unimplemented")
      return { kind: "unimplemented", what: `${stop.what} [${stop.bytes}]`, where: this.where() };
    return { kind: "shutdown", what: stop.what, where: this.where() };
  }

  /** An independent machine in the same state; continuing either gives the same events. */
  clone(): Machine {
    const { recycled: _, ...options } = this.options;
    const copy = new Machine(options);
    copy.memory.copyFrom(this.memory);
    copy.trace.events.push(...this.trace.events);
    this.processors.forEach((processor, at) => {
      copy.vmx[at]!.cloneStateFrom(this.vmx[at]!);
      copy.processors[at]!.resumeFrom(processor);
    });
    if (this.pc !== null) copy.pc!.copyFrom(this.pc);
    if (this.client !== null) copy.client!.copyFrom(this.client);
    copy.choicePoints = this.choicePoints;
    copy.nextEvent = this.nextEvent;
    copy.nextStuckCheck = this.nextStuckCheck;
    copy.outcome = this.outcome;
    return copy;
  }
}
