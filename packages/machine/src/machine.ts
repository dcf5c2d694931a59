import { type Engine, PhysicalMemory, type Processor, type RunGuard, type RunResult, STATE } from "@hvdiff/cpu";
import type { Svm } from "@hvdiff/svm";
import type { Vmx } from "@hvdiff/vmx";
import { ApicFabric } from "./apic-fabric.ts";
import { type Bounds, DEFAULT_BOUNDS } from "./bounds.ts";
import { ClientLoop } from "./client-loop.ts";
import type { ResetKind } from "./devices/system-control.ts";
import { boundReached, idleOutcome, limitOutcome, stopOutcome } from "./endings.ts";
import { type GuestOutput, guestOutput } from "./guest-output.ts";
import { LockStep } from "./lock-step.ts";
import { addLogicalProcessor } from "./logical-processor.ts";
import { Loops } from "./loops.ts";
import type { MachineOptions } from "./machine-options.ts";
import type { Outcome, Where } from "./outcome.ts";
import { Pc } from "./pc.ts";
import { hostBus, passGate, type RootClient } from "./root-client.ts";
import { type HostMode, type RootPlatform, setHostMode } from "./root-platform.ts";
import { Choices } from "./schedule/choices.ts";
import { copyMachine } from "./snapshot.ts";
import { runStretch, type Stretch, sliceEnd } from "./stretch.ts";
import { STUCK_PERIOD } from "./stuck.ts";
import { TICKS_PER_MICROSECOND } from "./time.ts";
import { Trace } from "./trace.ts";
import { Turns } from "./turns.ts";
import { whereIs } from "./where.ts";

/** What firmware takes from a reset to the image: a guest that does nothing but reset gets to its bound. */
const FIRMWARE_TICKS = 10_000 * TICKS_PER_MICROSECOND;

/** Processors, memory, devices and the deterministic loop that runs them. */
export class Machine implements RootPlatform {
  readonly depth = 0;
  readonly memory: PhysicalMemory;
  readonly processors: Processor[] = [];
  readonly engines: Engine[] = [];
  /** VMX of each processor; empty where the silicon has SVM. */
  readonly vmx: Vmx[] = [];
  /** SVM of each processor; empty where the silicon has VMX. */
  readonly svm: Svm[] = [];
  readonly trace: Trace;
  readonly options: MachineOptions;
  readonly bounds: Bounds;
  /** The metal column's devices. Under an L0 the host has none and the client owns the guest's. */
  readonly pc: Pc | null;
  readonly client: RootClient | null;
  /** What comes from outside, and when. */
  readonly choices: Choices;
  readonly turns: Turns;
  private readonly fabric: ApicFabric;
  /** Choice points passed so far. */
  choicePoints = 0;
  /** A debugger's: runs are held where it says, and a guest that is stuck in a loop is left to it. */
  guard: RunGuard | null = null;
  /** How the run ended; null while it goes on. */
  outcome: Outcome | null = null;
  /** What the guard has held. */
  private stretch: Stretch | null = null;
  readonly clientLoop: ClientLoop;
  readonly loops = new Loops(this);

  constructor(options: MachineOptions) {
    this.options = options;
    this.bounds = options.bounds ?? DEFAULT_BOUNDS;
    const count = options.processors ?? 1;
    const metal = options.createClient === undefined;
    // A client keeps a register file for each virtual processor, beside silicon's.
    const clients = metal ? 0 : (options.clients ?? 1);
    this.memory = new PhysicalMemory((1 + clients) * count, this.bounds.memory, options.recycled);
    this.trace = new Trace(this.bounds.events, options.recordTrace ?? true, options.traceFrom ?? 0);
    this.pc = metal
      ? new Pc({
          now: () => this.now(),
          interruptLine: (on) => this.setInterruptLine(on),
          serialLine: (line) => (this.turns.running ?? this.processors[0]!).trace?.event("serial", { line }),
          exited: () => this.lowerLimit(0),
          deliverMessage: (message) => this.fabric.sendFromDevice(message),
          resetRequested: (kind) => this.resetOrOff(kind),
          powerOff: () => this.resetOrOff("power-off"),
          suspended: () => this.lowerLimit(0),
          deadlineChanged: (deadline) => this.lowerLimit(deadline),
        })
      : null;
    for (const range of this.pc?.mmio ?? []) this.memory.addMmio(range.base, range.size, range.handler);
    for (let index = 0; index < count; index++)
      addLogicalProcessor(this, index, this.pc ?? hostBus(() => this.setInterruptLine(false, index)));
    this.turns = new Turns(this.processors);
    this.clientLoop = new ClientLoop(this, this.turns, (processor, deadline) => this.startStretch(processor, deadline));
    this.fabric = new ApicFabric(this.processors, this.turns, {
      endOfInterrupt: (vector) => this.pc?.endOfInterrupt(vector),
      deadlineChanged: (deadline) => this.lowerLimit(deadline),
    });
    for (const processor of this.processors) processor.apic.fabric = this.fabric;
    this.client = options.createClient?.(this) ?? null;
    this.choices = new Choices(this);
  }

  /** Guest time in ticks. */
  now(): number {
    return this.turns.now();
  }

  /** Makes the run that is under way end earlier. */
  private lowerLimit(limit: number): void {
    const { running } = this.turns;
    if (running !== null) this.engines[running.index]!.lowerLimit(limit);
  }

  /** INIT at all processors, so that firmware goes on at the reset vector. Anything more ends the run, at the next instruction. */
  private resetOrOff(kind: ResetKind | "power-off"): void {
    if (kind === "power-off") this.outcome = { kind };
    else if (kind === "hard" || kind === "boot") this.outcome = { kind: "reset", what: kind };
    else this.fabric.initializeAll();
    this.lowerLimit(0);
  }

  /** INTR of the interrupt controller is wired to the bootstrap processor. */
  private setInterruptLine(asserted: boolean, index = 0): void {
    const processor = this.processors[index]!;
    processor.apic.setInterruptLine(asserted);
    if (asserted) this.turns.wake(processor);
  }

  /** Raises the host's interrupt line, so that silicon exits at the next boundary (a root-mode client's self-IPI). */
  requestHostInterrupt(index = 0): void {
    this.setInterruptLine(true, index);
  }

  /** Serial and debug output of the guest, and its exit code (-1: none). */
  get guest(): GuestOutput {
    return this.client?.guest ?? guestOutput(this.pc!);
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

  /** Runs at most this many choice points, or until the guard holds it (`held`). True when the run has ended. */
  runChoicePoints(count: number): boolean {
    const lockStep = LockStep.of(this);
    for (let passed = 0; passed < count && this.outcome === null; passed++) {
      try {
        this.step();
        this.loops.afterStep();
        if (this.outcome !== null) this.startAgain(this.outcome);
      } catch (error) {
        this.outcome = boundReached(this, error);
      }
      if (this.stretch !== null) break;
      lockStep?.follow();
    }
    return this.outcome !== null;
  }

  private startAgain(outcome: Outcome): void {
    if (this.options.restart?.(this, outcome) !== true) return;
    this.outcome = null;
    this.passTime(this.pc!, this.now() + FIRMWARE_TICKS);
    for (const processor of this.processors) {
      this.turns.wake(processor);
      processor.retired = this.turns.time;
    }
  }

  where(): Where {
    const processor = this.turns.last;
    const guestRuns = processor.s[STATE.VIRTUALIZATION_MODE] === 2;
    return this.client === null || guestRuns ? whereIs(processor) : this.client.where();
  }

  /** Whether the guard holds the run between two choice points, the processor's next instruction before it. */
  get held(): boolean {
    return this.stretch !== null;
  }

  private step(): void {
    if (this.stretch !== null) {
      this.runProcessor(this.stretch);
      return;
    }
    this.choicePoints++;
    if (this.pc?.asleep === true) this.sleepOn(this.pc);
    else if (this.client === null) this.stepMetal(this.pc!);
    else this.clientLoop.step(this.client);
  }

  /** The turn of the processor whose time is earliest; when all are idle, time passes until a device or a timer acts. */
  private stepMetal(pc: Pc): void {
    const processor = this.turns.next();
    const deadline = Math.min(this.turns.deadline(pc.deadline), this.choices.deadline());
    if (processor === null) {
      if (deadline === Number.POSITIVE_INFINITY || this.turns.allDeaf()) this.outcome = idleOutcome(this);
      else this.passTime(pc, deadline);
      return;
    }
    if (processor.retired >= deadline) this.passTime(pc, processor.retired);
    else this.startStretch(processor, deadline);
  }

  /** No processor has a turn until a device ends the sleep. */
  private sleepOn(pc: Pc): void {
    for (const processor of this.processors) this.turns.setIdle(processor);
    if (pc.deadline === Number.POSITIVE_INFINITY) this.outcome = { kind: "suspended" };
    else this.passTime(pc, pc.deadline);
  }

  private passTime(pc: Pc, time: number): void {
    this.turns.time = time;
    pc.advanceTo(time);
    this.turns.advanceTimers(time);
    this.choices.actOnIdle(time);
    if (time >= this.bounds.instructions) this.outcome = limitOutcome(this);
  }

  private startStretch(processor: Processor, deadline: number): void {
    if (this.choices.act(processor)) return;
    this.choices.noteStretch(processor);
    const natural = Math.min(
      this.bounds.instructions,
      this.loops.nextCheck,
      sliceEnd(processor, this.processors.length),
      deadline,
    );
    const due = this.choices.limitFor(processor);
    this.runProcessor({
      processor,
      limit: Math.min(natural, due),
      due: due < natural ? due : null,
      deadline,
      place: null,
    });
  }

  private runProcessor(stretch: Stretch): void {
    const { processor, deadline } = stretch;
    this.turns.running = processor;
    const result = runStretch(this.engines[processor.index]!, stretch, this.guard);
    this.turns.running = null;
    this.turns.time = processor.retired;
    this.stretch = result === "held" ? stretch : null;
    if (result === "held") return;
    this.settle(processor, result, deadline);
    // It has been stopped for that in its own turn, which is not over.
    if (processor.retired === stretch.due && this.outcome === null) this.choices.act(processor);
  }

  /** What the processor's stopping means for the machine. */
  private settle(processor: Processor, result: RunResult, deadline: number): void {
    // A root-mode client tells by itself when its guest has left.
    const code = this.pc?.exit.state.code ?? -1;
    if (code >= 0) this.outcome = { kind: "exit", code };
    else if (this.outcome !== null || this.pc?.asleep === true) return;
    else if (result === "stopped" && !passGate(this.client, processor)) this.outcome = stopOutcome(this, processor);
    else if (result === "idle") this.idle(processor, deadline);
    else if (result === "limit") this.atLimit(processor);
  }

  /** Number of the state area where a client keeps the registers of its guest's processor: an L0 is the first. */
  stateArea(index: number): number {
    return this.processors.length + index;
  }

  /** Puts a processor into the mode that a 64-bit host runs in. */
  useHostMode(index: number, mode: HostMode): void {
    setHostMode(this.processors[index]!, mode);
  }

  private atLimit(processor: Processor): void {
    if (processor.retired >= this.bounds.instructions) this.outcome = limitOutcome(this);
    else if (this.loops.isDue(processor)) {
      const [limit, deadline] = [processor.retired + STUCK_PERIOD, Number.POSITIVE_INFINITY];
      // The same instructions, but a debugger sees them.
      if (this.guard !== null) this.runProcessor({ processor, deadline, limit, due: null, place: null });
      else this.loops.look(processor);
    }
  }

  /** It waits for its turn to come; a processor alone under an L0 lets time pass. */
  private idle(processor: Processor, deadline: number): void {
    const until = Math.min(deadline, processor.extension?.wakesAt?.() ?? Number.POSITIVE_INFINITY);
    if (this.client === null || this.processors.length > 1) this.turns.setIdle(processor);
    else if (processor.s[STATE.ACTIVITY] === 2 || until === Number.POSITIVE_INFINITY) this.outcome = idleOutcome(this);
    else processor.retired = Math.max(processor.retired, until);
  }

  /** An independent machine in the same state; continuing either gives the same events. Not while a guard holds the run. */
  clone(changes: Partial<MachineOptions> = {}): Machine {
    const { recycled: _, ...options } = this.options;
    const copy = new Machine({ ...options, ...changes });
    copyMachine(copy, this);
    return copy;
  }
}
