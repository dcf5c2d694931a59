// Runs the static checks and all tests, and ends with the one line that CI reads.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const report = join(tmpdir(), `hvdiff-tests-${process.pid}.json`);
let failedChecks = 0;

/** A check that is not a test file still counts as one test. */
function check(name, command, args) {
  const result = spawnSync(command, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  const ok = result.status === 0;
  if (!ok) {
    failedChecks++;
    process.stdout.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  }
  console.log(`${ok ? "ok  " : "FAIL"} ${name}`);
  return ok ? 1 : 0;
}

const checks = [
  ["format and lint (biome)", "biome", ["check", "."]],
  ["types (tsc)", "tsc", ["-p", "tsconfig.json"]],
  ["allowed imports (dependency-cruiser)", "depcruise", ["--config", ".dependency-cruiser.cjs", "packages", "apps"]],
  ["dead code (knip)", "knip", ["--no-progress"]],
];
const passedChecks = checks.reduce((passed, [name, command, args]) => passed + check(name, command, args), 0);

const tests = spawnSync("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`], {
  stdio: "inherit",
});
let counts = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numFailedTestSuites: 0, testResults: [] };
try {
  counts = JSON.parse(readFileSync(report, "utf8"));
  rmSync(report);
} catch (error) {
  console.error(`no test report: ${error.message}`);
}
// A file that does not even load has no failed test of its own.
const brokenFiles = counts.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
).length;
const failed = counts.numFailedTests + brokenFiles + failedChecks;
const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : "";
console.log(`${counts.numPassedTests + passedChecks} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 || tests.status !== 0 ? 1 : 0;
