import type { CompileThresholds } from "../../src/engine.ts";
import type { Processor } from "../../src/processor.ts";
import * as S from "../../src/state-layout.ts";
import { CODE, type NativeCase, WINDOW_BYTES } from "../native/native-case.ts";
import { Random } from "../native/random.ts";
import { SimulatedOracle } from "../native/simulated-oracle.ts";
import { COUNTER, type RandomProgram, ROUNDS, randomProgram } from "./random-program.ts";

/** Nothing is compiled, and all that is run twice is. */
const ENGINES: readonly (CompileThresholds | null)[] = [null, { hot: 2, warm: 1 }];
const LIMIT = 20_000;
/** Words of the state that programs can see. */
const STATE_WORDS = S.LOCAL_APIC;

/** What a comparison has found. */
export interface EngineComparison {
  /** Instructions retired in each engine. */
  readonly instructions: number;
  /** The first difference, for people; null where there is none. */
  readonly difference: string | null;
}

function initialCase(random: Random, mode32: boolean): NativeCase {
  const gpr = BigUint64Array.from({ length: 16 }, () => (mode32 ? random.operand() & 0xffffffffn : random.operand()));
  const window = Uint8Array.from({ length: WINDOW_BYTES }, () => random.below(256));
  return { bytes: [], steps: 1, repeats: false, mode32, gpr, rflags: 0x202 | (random.word() & 0x8d5), window };
}

/** Runs in slices of many lengths, so that compiled code is also entered with little left; after an exception once more from the start. */
function runAll(oracle: SimulatedOracle, slices: Random): number {
  const c = oracle.processor;
  const start = c.retired;
  for (let exceptions = 0; exceptions < ROUNDS && c.retired - start < LIMIT; ) {
    oracle.engine.run(c.retired + 1 + slices.below(400));
    if (c.stop === null) continue;
    exceptions++;
    oracle.enter(BigInt(CODE));
  }
  return c.retired - start;
}

function differenceOf(a: Processor, b: Processor): string | null {
  for (let word = 0; word < STATE_WORDS; word++)
    if (a.s[word] !== b.s[word])
      return `state word ${word}: 0x${(a.s[word]! >>> 0).toString(16)} and 0x${(b.s[word]! >>> 0).toString(16)}`;
  const bytes = a.memory.usedBytes;
  const from = S.STATE_BYTES;
  for (let at = from; at < from + bytes; at += 4) {
    const x = a.memory.words[at / 4];
    const y = b.memory.words[at / 4];
    if (x !== y) return `memory at buffer offset 0x${at.toString(16)}`;
  }
  return null;
}

/** Two processors with an engine each, which run the same programs. */
export class EnginePair {
  private readonly oracles: readonly SimulatedOracle[];

  constructor() {
    this.oracles = ENGINES.map((thresholds) => new SimulatedOracle(thresholds));
  }

  /** Runs the program of a seed in both engines. */
  compare(seed: number): EngineComparison & { readonly program: RandomProgram } {
    const random = new Random(seed);
    const program = randomProgram(random);
    const item = initialCase(random, program.mode32);
    const counts = this.oracles.map((oracle) => {
      oracle.load(item);
      const { memory } = oracle.processor;
      memory.writeBytes(CODE, Uint8Array.from(program.bytes));
      memory.write32(COUNTER, ROUNDS);
      return runAll(oracle, new Random(seed ^ 0x5eed));
    });
    const [first, second] = this.oracles.map((oracle) => oracle.processor) as [Processor, Processor];
    const outcome = this.oracles.map(({ raised }) => `${raised.vector}/${raised.errorCode}/${raised.cr2}`).join(" ");
    const difference =
      counts[0] === counts[1] ? differenceOf(first, second) : `retired ${counts[0]} and ${counts[1]} ${outcome}`;
    return { instructions: counts[0]!, difference, program };
  }
}
