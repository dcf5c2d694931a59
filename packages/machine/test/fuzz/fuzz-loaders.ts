import { findCpuModel, type RecycledMemory } from "@hvdiff/cpu";
import { Random } from "../../../../test/random.ts";
import { BOOT_PROTOCOLS, type BootRequest, createMetal, LoadError } from "../../src/index.ts";
import { planBoot } from "../../src/loaders/load.ts";
import { mutatedImage } from "./image-mutator.ts";

const MIB = 0x100000;
const MODEL = findCpuModel("icelake-server")!;
const BOUNDS = { instructions: 300, events: 2000, memory: 2 * MIB };
const SIZES = [4 * MIB, 64 * MIB, 4096 * MIB];
const LONGEST_MESSAGE = 300;

/** What became of the cases: how many were refused, how many ran to which kind of end, and what was wrong. */
export interface FuzzResult {
  readonly refused: number;
  readonly messages: ReadonlyMap<string, number>;
  readonly outcomes: ReadonlyMap<string, number>;
  /** One line per case that neither was refused in one clear line nor ran. */
  readonly failures: readonly string[];
  /** Milliseconds of the slowest case. */
  readonly slowest: number;
}

function requestOf(random: Random): BootRequest {
  const image = mutatedImage(random);
  return {
    image,
    programName: "fuzz",
    commandLine: random.oneIn(3) ? "x".repeat(random.below(3000)) : "",
    modules: random.oneIn(3) ? [{ commandLine: "module", data: new Uint8Array(random.below(9000)) }] : [],
    ...(random.oneIn(4) ? { protocol: random.pick(BOOT_PROTOCOLS) } : {}),
    ...(random.oneIn(10) ? { entry: random.word(), mode: random.pick([16, 32, 64] as const) } : {}),
  };
}

/** Boots mutated images, each in a machine with tight bounds. Case `n` of a seed is always the same. */
export function fuzzLoaders(count: number, seed: number): FuzzResult {
  const messages = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const failures: string[] = [];
  let recycled: RecycledMemory | undefined;
  let slowest = 0;
  const tally = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  for (let index = 0; index < count; index++) {
    const random = new Random((seed + index) * 2654435761);
    const request = requestOf(random);
    const memory = random.pick(SIZES);
    const started = performance.now();
    try {
      // What cannot be booted is refused before a machine has to be made.
      planBoot(request, memory, () => null);
      const machine = createMetal({
        ...request,
        model: MODEL,
        memory,
        firmware: "seabios",
        bounds: BOUNDS,
        ...(recycled ? { recycled } : {}),
      });
      tally(outcomes, machine.run().kind);
      recycled = machine.memory.recycle();
    } catch (error) {
      if (error instanceof LoadError && error.message.length < LONGEST_MESSAGE && !error.message.includes("\n"))
        tally(messages, error.message.replace(/-?(?:0x[0-9a-f]+|\d+)|starts? [^;]*/g, "#"));
      else failures.push(`case ${seed + index}: ${error instanceof Error ? error.stack : error}`);
    }
    slowest = Math.max(slowest, performance.now() - started);
  }
  const refused = [...messages.values()].reduce((sum, times) => sum + times, 0);
  return { refused, messages, outcomes, failures, slowest };
}
