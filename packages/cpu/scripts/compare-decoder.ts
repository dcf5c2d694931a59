/*
 * Compares the decoder with iced-x86 over every combination of prefixes, maps and modes and over random byte strings (some minutes):
 *   npx tsx --conditions=@hvdiff/source packages/cpu/scripts/compare-decoder.ts [random strings per mode] [seed]
 * Exits with 1 if a difference has no explanation in test/decode/iced-explanations.ts.
 */
import { compareAll } from "../test/decode/comparison.ts";
import { type EncodingSource, randomEncodings } from "../test/decode/encodings.ts";
import { EXHAUSTIVE } from "../test/decode/exhaustive-encodings.ts";

const [count = "1000000", seed = "7405"] = process.argv.slice(2);
const sources: Record<string, EncodingSource> = {
  [`${count} random byte strings`]: randomEncodings(Number(seed), Number(count)),
  ...EXHAUSTIVE,
};

for (const [name, source] of Object.entries(sources)) {
  const { compared, agreed, differences, unexplained, explained } = compareAll(source);
  console.log(`${name}: ${compared} strings, ${agreed} instructions agree, ${differences} unexplained differences`);
  for (const [id, times] of explained) console.log(`  ${times} explained: ${id}`);
  for (const line of unexplained) console.log(`  ${line}`);
  if (differences > 0) process.exitCode = 1;
}
