/*
 * Tries VMRUN with VMCBs that are nearly valid, and counts what comes of them (some minutes):
 *   npx tsx --conditions=@hvdiff/source packages/svm/scripts/fuzz-vmruns.ts [cases] [first seed]
 * An exception is a bug of ours; the seed is printed with it.
 */
import { createHash } from "node:crypto";
import { fuzzVmruns } from "../test/fuzz/vmrun-fuzz.ts";

const [count = "100000", first = "1"] = process.argv.slice(2);
const kinds = new Map<string, number>();
const hash = createHash("sha256");
let next = Number(first);
try {
  for (const { seed, verdict } of fuzzVmruns(Number(first), Number(count))) {
    next = seed + 1;
    hash.update(`${seed} ${verdict}\n`);
    const kind = verdict.split(" ").slice(0, 3).join(" ");
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
} catch (error) {
  console.log(`seed ${next} of those from ${first} on:`);
  throw error;
}
for (const [kind, times] of [...kinds].sort((a, b) => b[1] - a[1])) console.log(`${times}\t${kind}`);
console.log(`${count} cases, verdicts ${hash.digest("hex").slice(0, 16)}`);
