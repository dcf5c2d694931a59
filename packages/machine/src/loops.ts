import type { Processor } from "@hvdiff/cpu";
import { ExitLoop, isExitLoop } from "./exit-loop.ts";
import type { Machine } from "./machine.ts";
import { isStuck } from "./stuck.ts";

/** How often the run looks for a loop that nothing can break. */
const STUCK_CHECK = 500_000;
/** Exits of guests after which it looks for the first time, and then at twice as many each time. */
const FIRST_EXITS = 1000;
/** What a look may execute: no bound may lie that near. */
const MOST_INSTRUCTIONS = 50_000;

/** When the next looks are due, and how far the one under way is. */
export interface SavedLoops {
  readonly nextCheck: number;
  readonly nextExits: number;
  readonly searches: boolean;
  readonly searched: number;
  readonly search: ExitLoop | null;
  readonly exits: readonly number[];
}

/** The looks for loops that nothing can break, and when they are due. Deterministic. */
export class Loops {
  private readonly machine: Machine;
  /** Ticks at which the next look is due. */
  nextCheck = STUCK_CHECK;
  private nextExits = FIRST_EXITS;
  /** A look at a root-mode client's guest is under way; it begins behind the next exit. */
  private searches = false;
  private search: ExitLoop | null = null;
  private searched = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Exits of guests to their hypervisor so far. */
  private get exits(): number {
    const { client, processors } = this.machine;
    return client === null
      ? processors.reduce((sum, { exits }) => sum + exits, 0)
      : (client.counters["reflected"] ?? 0);
  }

  /** At the end of a slice: whether a processor is alone with itself, at a time to look at it. */
  isDue(processor: Processor): boolean {
    const { retired } = processor;
    if (retired >= this.nextCheck) this.nextCheck = retired + STUCK_CHECK;
    else if (this.exits < this.nextExits) return false;
    return retired + MOST_INSTRUCTIONS < this.machine.bounds.instructions && this.isAlone(processor);
  }

  /** Whether nothing but this processor goes on, as of now: the guest may have started a timer since its stretch began. */
  private isAlone(processor: Processor): boolean {
    const { client, turns, pc, processors, choices } = this.machine;
    const waits = (deadline: number) => deadline === Number.POSITIVE_INFINITY;
    return (
      waits(choices.pause) &&
      turns.isLastActive(processor) &&
      processors.every((each) => waits(choices.tickOf(each))) &&
      (client === null
        ? waits(turns.deadline(pc!.deadline))
        : processors.every(({ index }) => waits(client.deadline(index))))
    );
  }

  /** Looks at a processor that is due. */
  look(processor: Processor): void {
    const { machine, exits } = this;
    const engine = machine.engines[processor.index]!;
    if (isStuck(processor, engine)) this.found(processor, this.exits > exits);
    else if (exits >= this.nextExits) {
      this.nextExits = 2 * exits;
      this.searches = machine.client !== null;
      this.searched = this.exits;
      if (!this.searches && isExitLoop(machine, processor, engine)) this.found(processor, true);
    }
  }

  /** Behind a step of a root-mode client. */
  afterStep(): void {
    if (!this.searches || this.machine.outcome !== null || this.exits === this.searched) return;
    this.searched = this.exits;
    const found = this.search?.look() ?? null;
    this.search ??= new ExitLoop(this.machine);
    if (found === null) return;
    this.searches = false;
    this.search = null;
    if (found) this.found(this.machine.turns.last, true);
  }

  /** The run ends. `exits`: the loop goes through exits of a guest, of which the last is told. */
  private found(processor: Processor, exits: boolean): void {
    const { machine } = this;
    if (!exits) {
      machine.outcome = { kind: "loop", where: machine.where() };
      return;
    }
    const words: string[] = [];
    const event = (_kind: string, data: Readonly<Record<string, unknown>>) => {
      words.push(...Object.entries(data).map(([name, value]) => `${name} ${value}`));
    };
    if (machine.client === null) processor.extension?.reportExit?.({ event });
    else machine.client.reportExit(processor.index, { event });
    const what = `the guest's hypervisor enters it again and again, ${this.exits} exits so far, the last ${words.join(", ")}`;
    machine.outcome = { kind: "loop", what, where: machine.where() };
  }

  save(): SavedLoops {
    const { nextCheck, nextExits, searches, searched, machine } = this;
    const search = this.search?.copy(machine) ?? null;
    return {
      nextCheck,
      nextExits,
      searches,
      searched,
      search,
      exits: this.machine.processors.map(({ exits }) => exits),
    };
  }

  restore(saved: SavedLoops): void {
    const { machine } = this;
    this.nextCheck = saved.nextCheck;
    this.nextExits = saved.nextExits;
    this.searches = saved.searches;
    this.searched = saved.searched;
    this.search = saved.search?.copy(machine) ?? null;
    machine.processors.forEach((processor, at) => {
      processor.exits = saved.exits[at]!;
    });
  }
}
