import type { TestStatus } from "../results.ts";
import { type PlacedVerdict, type RunEnd, type SuiteOutput, suiteOutput } from "./suite-output.ts";

const STATUSES: Readonly<Record<string, TestStatus>> = { SUCCESS: "pass", FAIL: "fail", SKIP: "skip" };

const BEGIN = /SOTEST VERSION (\d+) BEGIN (\d+)/;
const END = /SOTEST END\b/;
const PANIC = /SOTEST PANIC\b\s*(.*)$/;
/** What follows the name is not the protocol's. */
const RESULT = /SOTEST (SUCCESS|FAIL|SKIP)\b(?:\s+"([^"]*)")?/;
/** Spellings differ between the protocol's editions: the figure, its unit and the name with colons, with quotes, or mixed. */
const BENCHMARK = /SOTEST (?:"?(\w+)"? )?BENCHMARK[: ]\s*(.*)$/;
const FIGURE = /^-?\d+(?:\.\d+)?$/;
const RELATION = /^[<>=]+$/;
const KNOWN_VERSION = "1";

/** What the lines said so far. */
interface Reading {
  readonly verdicts: PlacedVerdict[];
  readonly problems: string[];
  /** Tests announced in all and of the block under way. */
  announced: number;
  open: { readonly announced: number; readonly from: number } | null;
  blocks: number;
  panicked: boolean;
}

/** Output in the SoTest protocol, version 1: `SOTEST VERSION 1 BEGIN n`, a line for each of n tests, `SOTEST END`. */
export function parseSoTest(lines: readonly string[], end: RunEnd): SuiteOutput | null {
  if (!lines.some((line) => BEGIN.test(line))) return null;
  const reading: Reading = { verdicts: [], problems: [], announced: 0, open: null, blocks: 0, panicked: false };
  lines.forEach((line, at) => {
    readLine(reading, line, at);
  });
  const complete = reading.open === null && !reading.panicked;
  if (reading.open !== null && !reading.panicked) reading.problems.push(`no SOTEST END (${end.text})`);
  if (end.truncated) reading.problems.push("the output was cut: there was too much of it");
  return suiteOutput("sotest", reading.verdicts, {
    value: `${reading.announced} tests announced`,
    complete,
    problems: reading.problems,
  });
}

function readLine(reading: Reading, line: string, at: number): void {
  if (!line.includes("SOTEST")) return;
  const begin = BEGIN.exec(line);
  const panic = PANIC.exec(line);
  const result = RESULT.exec(line);
  const benchmark = BENCHMARK.exec(line);
  if (begin !== null) openBlock(reading, begin[1]!, Number(begin[2]));
  else if (panic !== null) {
    reading.panicked = true;
    reading.verdicts.push({ id: "PANIC", value: panic[1] || "PANIC", status: "fail", line: at });
  } else if (benchmark !== null) reading.verdicts.push(benchmarkOf(benchmark[2]!, benchmark[1], at));
  else if (result !== null)
    reading.verdicts.push({
      id: result[2] ?? "(unnamed)",
      value: result[1]!,
      status: STATUSES[result[1]!]!,
      line: at,
    });
  else if (END.test(line)) closeBlock(reading);
}

function openBlock(reading: Reading, version: string, announced: number): void {
  if (reading.open !== null) {
    reading.problems.push("SOTEST BEGIN before SOTEST END");
    closeBlock(reading);
  }
  if (version !== KNOWN_VERSION) reading.problems.push(`SOTEST VERSION ${version} is not known`);
  reading.open = { announced, from: reading.verdicts.length };
  reading.announced += announced;
  reading.blocks++;
}

function closeBlock(reading: Reading): void {
  if (reading.open === null) return;
  const { announced, from } = reading.open;
  const printed = reading.verdicts.length - from;
  if (printed !== announced) reading.problems.push(`${announced} tests are announced, ${printed} were printed`);
  reading.open = null;
}

/** A benchmark is a success with a figure. */
function benchmarkOf(text: string, success: string | undefined, line: number): PlacedVerdict {
  const quoted = [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1]!).filter((part) => !RELATION.test(part));
  const plain = text
    .replaceAll(/"[^"]*"/g, " ")
    .split(/[:\s]+/)
    .filter((part) => part !== "" && !RELATION.test(part));
  const figure = plain.find((part) => FIGURE.test(part)) ?? "?";
  const words = [...plain.filter((part) => part !== figure), ...quoted];
  // With colons only, the name comes first; a quoted name comes last.
  const [name, unit] = quoted.length === 0 ? [words[0], words[1]] : [words.at(-1), words.at(-2)];
  const status = success !== undefined && /^(?:fail|false|0)$/i.test(success) ? "fail" : "pass";
  return { id: name ?? "(unnamed)", value: [figure, unit].filter(Boolean).join(" "), status, line };
}
