import type { SuiteResult, Verdict } from "../results.ts";
import { parseKvmUnitTests } from "./kvm-unit-tests.ts";
import { parseOwnVerdicts } from "./own-verdicts.ts";
import { parseSoTest } from "./sotest.ts";
import type { PlacedVerdict, RunEnd, SuiteParser } from "./suite-output.ts";
import { parseXtf } from "./xtf.ts";

const SUITES: readonly SuiteParser[] = [parseKvmUnitTests, parseSoTest, parseXtf];

/** What a guest's output says. */
export interface GuestVerdicts {
  readonly verdicts: readonly Verdict[];
  readonly suites: readonly SuiteResult[];
}

/**
 * Verdicts in a guest's serial output, in its order: those of our own images and of every test suite whose format shows.
 * An id that comes again gets a number.
 */
export function parseVerdicts(serial: string, end: RunEnd): GuestVerdicts {
  const lines = serial.split("\n").map((line) => line.replaceAll("\r", "").trimEnd());
  const outputs = SUITES.flatMap((parse) => parse(lines, end) ?? []);
  const placed = [...parseOwnVerdicts(lines), ...outputs.flatMap((output) => output.verdicts)];
  // Sorting is stable: what one parser read from one line stays in its order.
  return {
    verdicts: numbered(placed.sort((one, other) => one.line - other.line)),
    suites: outputs.map((output) => output.suite),
  };
}

function numbered(placed: readonly PlacedVerdict[]): Verdict[] {
  const seen = new Map<string, number>();
  return placed.map(({ line: _, ...verdict }) => {
    const times = (seen.get(verdict.id) ?? 0) + 1;
    seen.set(verdict.id, times);
    return times === 1 ? verdict : { ...verdict, id: `${verdict.id}#${times}` };
  });
}
