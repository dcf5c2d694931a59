import { type Engine, type Processor, STATE } from "@hvdiff/cpu";
import type { Machine } from "./machine.ts";
import { framesOf, outsideReads, sameWords } from "./stuck.ts";

/** Exits within which a hypervisor and its guest must be back where they were. */
const LONGEST_LOOP = 8;
/** Instructions of such a loop. */
const INSTRUCTIONS = 20_000;
const STATE_WORDS = STATE.STATE_BYTES / 4;

/**
 * Looks at a machine behind each exit of a guest to its hypervisor: whether everything comes round again, registers, memory and what an L0
 * knows. Whoever counts, or asks a device or the clock, does not.
 */
export class ExitLoop {
  private readonly machine: Machine;
  private readonly registers: Int32Array;
  private readonly known: string;
  private outside: number;
  private memory: Int32Array | null = null;
  /** Exits looked at. */
  private exits = 0;
  private period = 0;

  constructor(machine: Machine, other?: ExitLoop) {
    this.machine = machine;
    this.registers = other?.registers ?? registersOf(machine);
    this.known = other?.known ?? machine.client?.stateText() ?? "";
    this.outside = outsideReadsOf(machine);
  }

  /** The same look at a clone of the machine. */
  copy(machine: Machine): ExitLoop {
    const copy = new ExitLoop(machine, this);
    copy.outside -= outsideReadsOf(this.machine) - this.outside;
    copy.memory = this.memory;
    copy.exits = this.exits;
    copy.period = this.period;
    return copy;
  }

  /** Behind another exit. True: it is a loop; false: not one that can be seen; null: go on looking. */
  look(): boolean | null {
    const { machine } = this;
    this.exits++;
    if (outsideReadsOf(machine) !== this.outside) return false;
    if (this.memory !== null && this.exits < 2 * this.period) return null;
    const isSame = sameWords(this.registers, registersOf(machine), this.registers.length);
    if (this.memory !== null) return isSame && this.isSameElsewhere(this.memory);
    if (!isSame) return this.exits < LONGEST_LOOP ? null : false;
    this.period = this.exits;
    this.memory = framesOf(machine.memory).slice();
    return null;
  }

  private isSameElsewhere(memory: Int32Array): boolean {
    const { machine } = this;
    return (
      sameWords(memory, framesOf(machine.memory), memory.length) && (machine.client?.stateText() ?? "") === this.known
    );
  }
}

/** All state words of all processors and register files, but ticks and what translations are remembered. */
function registersOf({ memory, processors }: Machine): Int32Array {
  const registers = new Int32Array(memory.processors * STATE.TLB);
  for (let n = 0; n < memory.processors; n++) {
    const at = n * STATE.TLB;
    registers.set(memory.words.subarray(n * STATE_WORDS, n * STATE_WORDS + STATE.TLB), at);
    const ticks = [STATE.RETIRED / 2, ...(processors[n]?.extension?.tickWords ?? [])];
    for (const word of ticks) registers.fill(0, at + 2 * word, at + 2 * word + 2);
  }
  return registers;
}

function outsideReadsOf({ processors, client }: Machine): number {
  return processors.reduce((sum, processor) => sum + outsideReads(processor), client?.outsideReads ?? 0);
}

/** Lets a processor on metal run on for a little, and tells whether it is in a loop of exits. */
export function isExitLoop(machine: Machine, processor: Processor, engine: Engine): boolean {
  const last = processor.retired + INSTRUCTIONS;
  let loop: ExitLoop | null = null;
  while (processor.retired < last) {
    const { exits } = processor;
    if (engine.run(processor.retired + 1) !== "limit") return false;
    if (processor.exits === exits) continue;
    const found: boolean | null = loop?.look() ?? null;
    if (found !== null) return found;
    loop ??= new ExitLoop(machine);
  }
  return false;
}
