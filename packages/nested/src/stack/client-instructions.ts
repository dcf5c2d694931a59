import { type Processor, STATE } from "@hvdiff/cpu";
import { CLIENT, GATE } from "../host-layout.ts";
import { type ClientInstruction, INSTRUCTIONS_TO_GATE, instructionAddress } from "./client-page.ts";

const GPR_WORDS = 32;
const RAX = STATE.GPR;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;
const RSP = STATE.GPR + 8;
const CF = 1n;
const ZF = 1n << 6n;

/** Halves of what an instruction takes and gives. */
export interface Operands {
  readonly rax?: readonly [low: number, high: number];
  readonly rcx?: readonly [low: number, high: number];
  readonly rdx?: readonly [low: number, high: number];
}

/** What an instruction came to. */
export interface Completion {
  readonly rax: readonly [low: number, high: number];
  readonly rdx: readonly [low: number, high: number];
  readonly carry: boolean;
  readonly zero: boolean;
  /** Vector of the exception or interrupt in whose place the gate was come to; -1 for none. */
  readonly vector: number;
}

/** The run has ended while an instruction of a client was under way. */
export class RunEnded extends Error {}

/** What the level below offers is not what a client needs. The message says what fails, in one line. */
export class ClientFailure extends Error {}

/**
 * Executes the instructions of a client on the processor that the one below offers: the real ones, at the client's page. They take no time of the
 * guest's.
 */
export class ClientInstructions {
  /** How often each has been executed. */
  readonly executed: Partial<Record<ClientInstruction, number>> = {};
  private readonly silicon: Processor;
  /** Lets the machine go on by a little; false when the run has ended. */
  private readonly goOn: () => boolean;
  private waits = false;
  private arrivedAt = -1;

  constructor(silicon: Processor, goOn: () => boolean) {
    this.silicon = silicon;
    this.goOn = goOn;
  }

  /** Whether an instruction is under way. */
  get isWaiting(): boolean {
    return this.waits;
  }

  /** Code has come to the gate, at this offset of its page, while an instruction was under way. */
  arrive(offset: number): void {
    this.arrivedAt = offset;
    this.waits = false;
  }

  /** The guest's time. */
  get time(): number {
    return this.silicon.retired;
  }

  /** Errors: `RunEnded`. */
  execute(name: ClientInstruction, operands: Operands = {}): Completion {
    const { retired } = this.silicon;
    const completion = this.executeInTime(name, operands);
    this.silicon.retired = retired;
    return completion;
  }

  /** What an instruction waits for is time that passes for the guest too; the instruction itself takes none. Errors: `RunEnded`. */
  executeInTime(name: ClientInstruction, operands: Operands = {}): Completion {
    const { silicon } = this;
    const { s } = silicon;
    const kept = s.slice(STATE.GPR, STATE.GPR + GPR_WORDS);
    put(s, RAX, operands.rax);
    put(s, RCX, operands.rcx);
    put(s, RDX, operands.rdx);
    put(s, RSP, [CLIENT.stack, 0]);
    silicon.retired -= INSTRUCTIONS_TO_GATE;
    this.begin(name);
    this.waits = true;
    while (this.waits) if (!this.goOn()) throw new RunEnded();
    const flags = silicon.rflags;
    const completion: Completion = {
      rax: [s[RAX]!, s[RAX + 1]!],
      rdx: [s[RDX]!, s[RDX + 1]!],
      carry: (flags & CF) !== 0n,
      zero: (flags & ZF) !== 0n,
      vector: this.arrivedAt >= GATE.vectors ? (this.arrivedAt - GATE.vectors) >> 3 : -1,
    };
    s.set(kept, STATE.GPR);
    return completion;
  }

  /** The processor goes on at the instruction. */
  begin(name: ClientInstruction): void {
    const { s } = this.silicon;
    this.executed[name] = (this.executed[name] ?? 0) + 1;
    s[STATE.RIP] = instructionAddress(name);
    s[STATE.RIP + 1] = 0;
  }
}

function put(s: Int32Array, word: number, value: readonly [low: number, high: number] | undefined): void {
  if (value === undefined) return;
  s[word] = value[0];
  s[word + 1] = value[1];
}
