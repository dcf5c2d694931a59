/*
 * Takes every bundled guest back at every choice point of its run, on every usual column, and compares what is left behind at the end with a run that
 * was never taken back. Not part of `pnpm bench`:
 *   tsx --conditions=@hvdiff/source packages/lab/bench/taken-back.ts [SCENARIO [COLUMN…]]
 * Exit code 1: a run was another one.
 */
import { SCENARIOS } from "@hvdiff/guests";
import { DEFAULT_COLUMNS } from "../src/products.ts";
import { takenBack } from "../test/taken-back.ts";

const [only, ...columns] = process.argv.slice(2);
const scenarios = SCENARIOS.map(({ id }) => id).filter((id) => only === undefined || id === only);
if (scenarios.length === 0) throw new Error(`unknown scenario "${only}"`);

let all = 0;
for (const scenario of scenarios)
  for (const column of columns.length > 0 ? columns : DEFAULT_COLUMNS) {
    const { undisturbed, disturbed, snapshots } = takenBack(scenario, column);
    const isSame = JSON.stringify(undisturbed) === JSON.stringify(disturbed);
    all += snapshots;
    if (!isSame) process.exitCode = 1;
    console.log(`${scenario} ${column}: ${snapshots} ${isSame ? "ok" : "DIFFERENT"}`);
  }
console.log(`${all} snapshots`);
