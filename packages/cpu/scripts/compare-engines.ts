import { EnginePair } from "../test/engines/engine-comparison.ts";

/*
 * Runs random programs in both engines until so many instructions have been retired (default 10 million), and prints the first difference:
 * `tsx --conditions=@hvdiff/source packages/cpu/scripts/compare-engines.ts [instructions] [first seed]`.
 */
const wanted = Number(process.argv[2] ?? 1e7);
let seed = Number(process.argv[3] ?? 1);
let done = 0;
let pair = new EnginePair();
const first = seed;
for (; done < wanted; seed++) {
  // Modules of compiled code live as long as their engine.
  if (seed % 500 === 0) pair = new EnginePair();
  const { instructions, difference, program } = pair.compare(seed);
  done += instructions;
  if (difference !== null) {
    console.log(`seed ${seed} (${program.mode32 ? 32 : 64} bits): ${difference}`);
    console.log(program.forms.join("\n"));
    process.exit(1);
  }
}
console.log(`${done} instructions of ${seed - first} programs: no difference`);
