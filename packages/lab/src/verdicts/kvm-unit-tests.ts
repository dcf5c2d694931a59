import type { TestStatus } from "../results.ts";
import { type PlacedVerdict, type RunEnd, type SuiteOutput, suiteOutput } from "./suite-output.ts";

const STATUSES: Readonly<Record<string, TestStatus>> = {
  PASS: "pass",
  FAIL: "fail",
  SKIP: "skip",
  XFAIL: "expected-failure",
  // A known failure is not counted among the unexpected ones.
  KFAIL: "expected-failure",
  XPASS: "unexpected-pass",
};

const STARTS = /^(?:(?:PASS|FAIL|SKIP|XFAIL|XPASS|KFAIL|ABORT): |SUMMARY: \d+ tests)/;
/** A result's word. Another processor's text may stand before it, with no line end in between. */
const RESULT = /(?<![A-Z])(PASS|FAIL|SKIP|XFAIL|XPASS|KFAIL): ?/g;
/** A few old tests print nothing else; too little to go by unless the guest left through the exit port. */
const BARE = /^(PASS|FAIL)$/;
/** How the page-table test names what went wrong; results themselves are one per table depth. */
const ACCESS = /^test (.+): (FAIL): (.*)$/;
const SUITE = /^Test suite: (\S.*)$/;
const SUMMARY = /SUMMARY: (\d+) tests(.*)$/;
const UNEXPECTED = /(\d+) unexpected failures/;
const ABORT = /(?<![A-Z])ABORT: (.*)$/;
const UNHANDLED = /Unhandled (?:cpu )?exception (\d+ .*) at ip ([0-9a-f]+)/;
const ASSERTION = /(\S+:\d+): assert failed: (.*)$/;
/** Printed where there is no exit device. */
const DONE = /--- DONE: (\d+) ---/;

const EXIT_SKIPPED = 38;
const EXIT_ABORTED = 63;
const UNNAMED = "(unnamed)";

interface Summary {
  readonly text: string;
  readonly failures: number;
}

/** What the lines said so far. */
interface Reading {
  readonly verdicts: PlacedVerdict[];
  /** vmx.flat runs many suites, with tests of the same name. */
  prefix: string;
  summary: Summary | null;
  done: number | null;
  /** Something printed why the run was given up. */
  reason: boolean;
}

/** Output of kvm-unit-tests: `PASS: name` and the like, closed by `SUMMARY: …`, then an exit code by port 0xf4. */
export function parseKvmUnitTests(lines: readonly string[], end: RunEnd): SuiteOutput | null {
  if (!lines.some((line) => shows(line) || (end.exitCode !== null && BARE.test(line)))) return null;
  const reading: Reading = { verdicts: [], prefix: "", summary: null, done: null, reason: false };
  lines.forEach((line, at) => {
    readLine(reading, line, at);
  });
  const code = end.exitCode ?? reading.done;
  return suiteOutput("kvm-unit-tests", reading.verdicts, {
    value: reading.summary?.text ?? "no SUMMARY",
    complete: reading.summary !== null || code === 0,
    problems: problemsOf(reading, code, end),
  });
}

function shows(line: string): boolean {
  return STARTS.test(line) || ACCESS.test(line) || ASSERTION.test(line) || UNHANDLED.test(line) || DONE.test(line);
}

function readLine(reading: Reading, line: string, at: number): void {
  const suite = SUITE.exec(line);
  const summary = SUMMARY.exec(line);
  const done = DONE.exec(line);
  const access = ACCESS.exec(line);
  const bare = BARE.exec(line);
  if (suite !== null) reading.prefix = `${suite[1]}: `;
  else if (summary !== null) reading.summary = summaryOf(summary[1]!, summary[2]!);
  else if (done !== null) reading.done = Number(done[1]);
  else if (access !== null) add(reading, { id: access[1]!, value: `FAIL: ${access[3]}`, status: "fail", line: at });
  else if (bare !== null) addResult(reading, bare[1]!, UNNAMED, at);
  else if (!readReason(reading, line, at)) readResults(reading, line, at);
}

function summaryOf(tests: string, rest: string): Summary {
  return { text: `${tests} tests${rest}`, failures: Number(UNEXPECTED.exec(rest)?.[1] ?? 0) };
}

/** ABORT, an exception that no handler took, a failed assertion: the tests end here. */
function readReason(reading: Reading, line: string, at: number): boolean {
  const unhandled = UNHANDLED.exec(line);
  const assertion = ASSERTION.exec(line);
  const abort = ABORT.exec(line);
  if (unhandled !== null)
    add(reading, {
      id: "unhandled exception",
      value: `${unhandled[1]} at ip ${unhandled[2]}`,
      status: "fail",
      line: at,
    });
  else if (assertion !== null)
    add(reading, { id: `assertion at ${assertion[1]}`, value: assertion[2]!, status: "fail", line: at });
  else if (abort !== null) add(reading, { id: abort[1]!.trim() || UNNAMED, value: "ABORT", status: "fail", line: at });
  else return false;
  reading.reason = true;
  return true;
}

/** Results of a line: more than one where processors printed at the same time. */
function readResults(reading: Reading, line: string, at: number): void {
  if (line.startsWith("INFO: ")) return;
  const found = [...line.matchAll(RESULT)];
  found.forEach((match, index) => {
    const name = line.slice(match.index + match[0].length, found[index + 1]?.index).trim();
    addResult(reading, match[1]!, name === "" ? UNNAMED : name, at);
  });
}

function addResult(reading: Reading, word: string, name: string, line: number): void {
  add(reading, { id: reading.prefix + name, value: word, status: STATUSES[word]!, line });
}

function add(reading: Reading, verdict: PlacedVerdict): void {
  reading.verdicts.push(verdict);
}

function problemsOf(reading: Reading, code: number | null, end: RunEnd): string[] {
  const { summary, verdicts } = reading;
  const failed = verdicts.filter(({ status }) => status === "fail" || status === "unexpected-pass").length;
  const announced = summary?.failures ?? 0;
  const problems: string[] = [];
  if (end.truncated) problems.push("the output was cut: there was too much of it");
  if (failed < announced) problems.push(`${announced} unexpected failures are announced, ${failed} were printed`);
  if (summary === null && code === null) problems.push(`the output ends before the tests did (${end.text})`);
  if (code === EXIT_ABORTED && !reading.reason) problems.push(`given up with exit code ${code}`);
  else if (isFailure(code) && failed === 0 && announced === 0)
    problems.push(`exit code ${code}, but no test says that it failed`);
  return problems;
}

function isFailure(code: number | null): boolean {
  return code !== null && code !== 0 && code !== EXIT_SKIPPED && code !== EXIT_ABORTED;
}
