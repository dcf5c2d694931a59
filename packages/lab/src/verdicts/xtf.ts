import type { TestStatus } from "../results.ts";
import { type PlacedVerdict, type RunEnd, type SuiteOutput, suiteOutput } from "./suite-output.ts";

const STATUSES: Readonly<Record<string, TestStatus>> = {
  SUCCESS: "pass",
  SKIP: "skip",
  ERROR: "fail",
  FAILURE: "fail",
  CRASH: "fail",
};

/** Xen's console puts the domain and a time before each line. */
const CONSOLE = /^(?:\(d\d+\) |\[ *\d+\.\d+\] )+/;
const BANNER = "--- Xen Test Framework ---";
const ENVIRONMENT = /^Environment: (.*)$/;
const MESSAGE = /^(Error|Fail(?:ure)?|Skip|Success): (.*)$/;
const RESULT = /Test result: (SUCCESS|SKIP|ERROR|FAILURE|CRASH)\b/;
const PANIC = /^PANIC: (.*)$/;
/** Said after the result where nobody answers the hypercall that ends the domain. */
const AFTER_END = /^PANIC: xtf_exit\(\)/;

const MESSAGES: Readonly<Record<string, TestStatus>> = {
  Error: "fail",
  Fail: "fail",
  Failure: "fail",
  Skip: "skip",
};

/** What the lines said so far. */
interface Reading {
  readonly verdicts: PlacedVerdict[];
  /** Between banner and result. */
  open: boolean;
  environment: string;
  /** The line behind the environment names the test. */
  title: string;
  unfinished: number;
}

/** Output of Xen's test framework: a banner, what the test finds, and `Test result: …` as its last line. */
export function parseXtf(lines: readonly string[], end: RunEnd): SuiteOutput | null {
  const plain = lines.map((line) => line.replace(CONSOLE, ""));
  if (!plain.some((line) => line.includes(BANNER))) return null;
  const reading: Reading = { verdicts: [], open: false, environment: "", title: "", unfinished: 0 };
  plain.forEach((line, at) => {
    readLine(reading, line, at);
  });
  const problems: string[] = [];
  if (reading.open) crash(reading, plain.length - 1);
  if (reading.unfinished > 0) problems.push(`no "Test result" (${end.text})`);
  if (end.truncated) problems.push("the output was cut: there was too much of it");
  return suiteOutput("xtf", reading.verdicts, {
    value: reading.environment,
    complete: reading.unfinished === 0,
    problems,
  });
}

function readLine(reading: Reading, line: string, at: number): void {
  if (line.includes(BANNER)) {
    if (reading.open) crash(reading, at - 1);
    Object.assign(reading, { open: true, title: "", environment: "" });
    return;
  }
  if (!reading.open) return;
  const environment = ENVIRONMENT.exec(line);
  const result = RESULT.exec(line);
  if (environment !== null) reading.environment = environment[1]!;
  else if (result !== null) finish(reading, result[1]!, at);
  else if (!readMessage(reading, line, at) && reading.environment !== "" && reading.title === "") reading.title = line;
}

/** Each complaint is a result of its own, so that two runs that fail differently differ. */
function readMessage(reading: Reading, line: string, at: number): boolean {
  const message = MESSAGE.exec(line);
  const panic = PANIC.exec(line);
  if (message !== null) {
    const status = MESSAGES[message[1]!];
    reading.verdicts.push({ id: message[2]!, value: message[1]!, ...(status ? { status } : {}), line: at });
  } else if (panic !== null && !AFTER_END.test(line))
    reading.verdicts.push({ id: panic[1]!, value: "PANIC", status: "fail", line: at });
  return message !== null || panic !== null;
}

function finish(reading: Reading, word: string, line: number): void {
  const id = reading.title === "" ? "Test result" : reading.title;
  reading.verdicts.push({ id, value: word, status: STATUSES[word]!, line });
  reading.open = false;
}

/** What XTF's own runner says of a test that did not report. */
function crash(reading: Reading, line: number): void {
  reading.unfinished++;
  finish(reading, "CRASH", line);
}
