import type { SuiteFormat, SuiteResult, TestStatus, Verdict } from "../results.ts";

/** A verdict and the line of output that it was read from, so that several formats' can be put in order. */
export interface PlacedVerdict extends Verdict {
  readonly line: number;
}

/** How the run ended, as far as a suite's result depends on it. */
export interface RunEnd {
  /** What the guest wrote to the exit port; null if it did not leave that way. */
  readonly exitCode: number | null;
  /** For people. */
  readonly text: string;
  /** Output was lost because there was too much. */
  readonly truncated: boolean;
}

/** What a parser made of the output: null in its place where the output shows nothing of its format. */
export interface SuiteOutput {
  readonly verdicts: readonly PlacedVerdict[];
  readonly suite: SuiteResult;
}

/** Reads one format. Lines have no line ends. */
export type SuiteParser = (lines: readonly string[], end: RunEnd) => SuiteOutput | null;

/** The verdict that speaks for a suite as a whole comes last. */
export function suiteOutput(
  format: SuiteFormat,
  verdicts: readonly PlacedVerdict[],
  whole: { readonly value: string; readonly complete: boolean; readonly problems: readonly string[] },
): SuiteOutput {
  const last = verdicts.reduce((line, verdict) => Math.max(line, verdict.line), 0);
  const count = (...statuses: TestStatus[]): number =>
    verdicts.filter((verdict) => verdict.status !== undefined && statuses.includes(verdict.status)).length;
  const value = [whole.value, ...whole.problems].join("; ");
  const summary: PlacedVerdict = { id: `(${format})`, value, line: last };
  return {
    verdicts: [...verdicts, whole.problems.length === 0 ? summary : { ...summary, status: "fail" }],
    suite: {
      format,
      passed: count("pass"),
      failed: count("fail", "unexpected-pass") + whole.problems.length,
      skipped: count("skip"),
      expectedFailures: count("expected-failure"),
      complete: whole.complete,
      problems: whole.problems,
    },
  };
}
