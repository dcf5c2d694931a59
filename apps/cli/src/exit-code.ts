import type { ColumnResult } from "@hvdiff/lab";

/** Exit codes for guests that did not leave through the exit port. */
const ENDED_OTHERWISE: Readonly<Record<string, number>> = {
  "power-off": 0,
  halted: 124,
  suspended: 124,
  loop: 124,
  limit: 124,
  "trace-limit": 124,
  "memory-limit": 124,
  unimplemented: 126,
};
const CRASHED = 125;
/** What a process can say of a code whose low eight bits are zero although the code is not. */
const NOT_ZERO = 255;
const TESTS_FAILED = 1;

/** Suites that have no exit device end like this. */
const RESTING: ReadonlySet<string> = new Set(["halted", "loop"]);

type Ended = Pick<ColumnResult, "outcome" | "suites">;

/** The guest's own code where it gave one, cut to what a process can return. */
function guestCode(outcome: ColumnResult["outcome"]): number {
  const exit = /^exit (\d+)/.exec(outcome.text);
  if (outcome.kind !== "exit" || exit === null) return ENDED_OTHERWISE[outcome.kind] ?? CRASHED;
  const code = Number(exit[1]);
  return code !== 0 && code % 256 === 0 ? NOT_ZERO : code % 256;
}

/** Whether all test suites say that they are done and the guest only rests. */
function restsAfterTests({ outcome, suites }: Ended): boolean {
  return suites.length > 0 && suites.every(({ complete }) => complete) && RESTING.has(outcome.kind);
}

/** Whether the guest left as one that is done does: a test suite with any code, for its tests say what is wrong; others with 0. */
export function endedRegularly(column: Ended): boolean {
  if (column.suites.length === 0) return guestCode(column.outcome) === 0;
  return column.outcome.kind === "exit" || restsAfterTests(column);
}

/** The guest's code, and 1 where that would be 0 but a test suite failed. */
export function exitCodeOf(column: Ended): number {
  const code = restsAfterTests(column) ? 0 : guestCode(column.outcome);
  return code === 0 && column.suites.some(({ failed }) => failed > 0) ? TESTS_FAILED : code;
}
