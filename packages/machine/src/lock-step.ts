import { COMPILE_EARLY, STATE } from "@hvdiff/cpu";
import type { Machine } from "./machine.ts";
import { defaultEngine } from "./machine-options.ts";

/** Choice points between two comparisons of all memory. */
const WHOLE_EVERY = 1024;
/** Words of a processor's state that are compared at each choice point: registers, segments, flags, control registers. */
const REGISTER_WORDS = 192;

/** The two engines have come to different states: a mistake of the simulator. */
export class EnginesDiffer extends Error {
  constructor(what: string, choicePoint: number, where: string) {
    super(`the engines differ after choice point ${choicePoint}: ${what} (${where})`);
    this.name = "EnginesDiffer";
  }
}

function firstDifference(a: Int32Array, b: Int32Array, count: number): number {
  for (let at = 0; at < count; at++) if (a[at] !== b[at]) return at;
  return -1;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Two machines in the same state, one run by executors and one with compiled code, that are compared after each choice point. */
export class LockStep {
  private readonly main: Machine;
  private readonly twin: Machine;

  private constructor(main: Machine, twin: Machine) {
    this.main = main;
    this.twin = twin;
  }

  /**
   * A twin for a machine that is to run in both engines; none for one that a debugger holds between two choice points, and none for a stack of
   * hypervisors, which has no clone. What others did to
   * the machine since the last call the twin has by being made anew.
   */
  static of(main: Machine): LockStep | null {
    const isStack = (main.options.clients ?? 1) > 1;
    if ((main.options.engine ?? defaultEngine()) !== "both" || main.guard !== null || main.held || isStack) return null;
    // The twin looks its code up anew; so must this one, or their TLBs would differ.
    for (const processor of main.processors) processor.translationChanged();
    return new LockStep(main, main.clone({ engine: "jit", compile: COMPILE_EARLY }));
  }

  /** Runs the twin as far as the other has run, and compares. */
  follow(): void {
    const { main, twin } = this;
    twin.runChoicePoints(main.choicePoints - twin.choicePoints);
    this.compareProcessors();
    if (JSON.stringify(main.outcome) !== JSON.stringify(twin.outcome))
      throw this.differ(`outcome ${JSON.stringify(main.outcome)} and ${JSON.stringify(twin.outcome)}`);
    if (main.outcome !== null || main.choicePoints % WHOLE_EVERY === 0) this.compareMemory();
  }

  private compareProcessors(): void {
    this.main.processors.forEach((processor, index) => {
      const other = this.twin.processors[index]!;
      const at = firstDifference(processor.s, other.s, REGISTER_WORDS);
      if (at >= 0)
        throw this.differ(`processor ${index}, state word ${at}: ${hex(processor.s[at]!)} and ${hex(other.s[at]!)}`);
    });
  }

  private compareMemory(): void {
    const { memory } = this.main;
    const words = (memory.processors * STATE.STATE_BYTES + memory.usedBytes) / 4;
    const at = firstDifference(memory.words, this.twin.memory.words, words);
    if (at >= 0) throw this.differ(`buffer word ${hex(at * 4)}`);
    const events = this.main.trace.events.length;
    if (events !== this.twin.trace.events.length) throw this.differ("traces of different length");
  }

  private differ(what: string): EnginesDiffer {
    const where = this.main.processors.map((p) => `rip ${hex(Number(p.rip & 0xffffffffn))} at ${p.retired}`).join(", ");
    return new EnginesDiffer(what, this.main.choicePoints, where);
  }
}
