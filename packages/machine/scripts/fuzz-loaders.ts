import { parseArgs } from "node:util";
import { fuzzLoaders } from "../test/fuzz/fuzz-loaders.ts";

const { values } = parseArgs({ options: { count: { type: "string" }, seed: { type: "string" } } });
const started = performance.now();
const result = fuzzLoaders(Number(values.count ?? 100_000), Number(values.seed ?? 1));
const lines = (map: ReadonlyMap<string, number>) =>
  [...map].sort((a, b) => b[1] - a[1]).map(([what, times]) => `${`${times}`.padStart(8)}  ${what}`);

console.log([`refused: ${result.refused}`, ...lines(result.messages), "ran:", ...lines(result.outcomes)].join("\n"));
console.log(
  `slowest case: ${result.slowest.toFixed(1)} ms; all: ${((performance.now() - started) / 1000).toFixed(1)} s`,
);
console.log(`resident memory at the end: ${Math.round(process.memoryUsage().rss / 0x100000)} MiB`);
for (const failure of result.failures.slice(0, 20)) console.log(failure);
console.log(`failures: ${result.failures.length}`);
process.exitCode = result.failures.length === 0 ? 0 : 1;
