import { describeOutcome, type Outcome } from "@hvdiff/machine";
import type { Quirk } from "@hvdiff/personality";
import { type AlignedPair, align } from "./align.ts";
import { type Ablation, type Answers, attribute } from "./attribute.ts";
import { sameSort, toEventResult } from "./events.ts";
import { pairAblation, quirksOfBoth, quirksWithout } from "./pair-ablation.ts";
import { quirkResult } from "./quirk-results.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import type { AlignedRow, Cause, ColumnResult, Difference, OutcomeResult } from "./results.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";

/** Pseudo-verdicts: how the run ended, and where the traces part. */
export const OUTCOME_VERDICT = "(outcome)";
export const TRACE_VERDICT = "(trace)";

export function outcomeResult(outcome: Outcome): OutcomeResult {
  return {
    kind: outcome.kind,
    text: describeOutcome(outcome),
    ...("where" in outcome ? { where: outcome.where } : {}),
    ...("dump" in outcome ? { dump: outcome.dump } : {}),
  };
}

/** Outcomes compare by how the run ended and, for guests that left by themselves, with which code; never by address. */
function outcomeSignature(outcome: Outcome): string {
  return outcome.kind === "exit" ? `exit ${outcome.code}` : outcome.kind;
}

/** Value of a verdict in a run; null if the run has no such verdict. */
function verdictValue(run: Run, verdict: string): string | null {
  if (verdict === OUTCOME_VERDICT) return outcomeSignature(run.outcome);
  return run.values.get(verdict) ?? null;
}

/** Ids of all verdicts of several runs, in the order in which they first appear. */
export function verdictIds(runs: readonly Run[]): string[] {
  return [...new Set(runs.flatMap((run) => run.verdicts.map((verdict) => verdict.id)))];
}

function commonPrefix(left: readonly string[], right: readonly string[]): number {
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) at++;
  return at;
}

/** What differs between a column and the reference, with causes. */
export function findDifferences(
  session: Session,
  reference: ResolvedColumn,
  column: ResolvedColumn,
): Pick<ColumnResult, "differences" | "firstDivergence"> {
  const there = session.run(reference);
  const here = session.run(column);
  const ids = differingIds(there, here);
  const traceDiffers = !sameTrace(session, there, here);
  const questions = traceDiffers ? [...ids, TRACE_VERDICT] : ids;
  const answers = attribute(ablationOf(session, reference, column, questions));
  const quirks = quirksOfBoth(reference.quirks, column.quirks);
  return {
    differences: differencesOf(there, here, ids, (verdict) => causeOf(answers, verdict, quirks)),
    firstDivergence: traceDiffers ? firstRow(session, there, here, causeOf(answers, TRACE_VERDICT, quirks)) : null,
  };
}

/** What differs between a column and the reference, with the causes of verdicts alone: that takes a fraction of the runs. */
export function findVerdictDifferences(
  session: Session,
  reference: ResolvedColumn,
  column: ResolvedColumn,
): { readonly differences: readonly Difference[]; readonly isTraceExplained: boolean } {
  const there = session.run(reference);
  const here = session.run(column);
  const ids = differingIds(there, here);
  const quirks = quirksOfBoth(reference.quirks, column.quirks);
  const answers = attribute(ablationOf(session, reference, column, ids));
  const traces = ablationOf(session, reference, column, [TRACE_VERDICT]);
  return {
    differences: differencesOf(there, here, ids, (verdict) => causeOf(answers, verdict, quirks)),
    isTraceExplained: sameTrace(session, there, here) || traces.fixedWithout(quirks).has(TRACE_VERDICT),
  };
}

function differingIds(there: Run, here: Run): readonly string[] {
  return [...verdictIds([there, here]), OUTCOME_VERDICT].filter(
    (id) => verdictValue(there, id) !== verdictValue(here, id),
  );
}

function differencesOf(there: Run, here: Run, ids: readonly string[], cause: (id: string) => Cause): Difference[] {
  return ids.map((verdict) => ({
    verdict,
    reference: verdictValue(there, verdict),
    here: verdictValue(here, verdict),
    cause: cause(verdict),
  }));
}

function ablationOf(
  session: Session,
  reference: ResolvedColumn,
  column: ResolvedColumn,
  questions: readonly string[],
): Ablation {
  const parted = commonPrefix(session.keysOf(session.run(reference)), session.keysOf(session.run(column)));
  return pairAblation<Run>(quirksOfBoth(reference.quirks, column.quirks), {
    questions,
    without: (removed) => ({
      there: session.run(reference, quirksWithout(reference.quirks, removed)),
      here: session.run(column, quirksWithout(column.quirks, removed)),
    }),
    answer: verdictValue,
    whole: {
      is: (question) => question === TRACE_VERDICT,
      stands: ({ there, here }) => !laterDivergence(session.keysOf(there), session.keysOf(here), parted),
      moved: ({ there, here }) => commonPrefix(session.keysOf(there), session.keysOf(here)) !== parted,
    },
  });
}

function sameTrace(session: Session, one: Run, other: Run): boolean {
  if (one === other) return true;
  const left = session.keysOf(one);
  const right = session.keysOf(other);
  return left.length === right.length && commonPrefix(left, right) === left.length;
}

function laterDivergence(reference: readonly string[], keys: readonly string[], parted: number): boolean {
  const prefix = commonPrefix(reference, keys);
  return prefix > parted || (prefix === reference.length && prefix === keys.length);
}

function causeOf(answers: Answers, id: string, candidates: readonly Quirk[]): Cause {
  const quirks = answers.get(id);
  if (quirks !== null && quirks !== undefined && quirks.length > 0)
    return { kind: "quirks", quirks: quirks.map(quirkResult) };
  const reason =
    candidates.length === 0
      ? "neither column has a quirk: hvdiff's L0 itself differs from silicon"
      : "with every quirk switched off the difference stays: hvdiff's L0 itself differs from silicon";
  return { kind: "unattributed", reason };
}

/** The two runs' traces aligned. */
export function alignRuns(session: Session, left: Run, right: Run): AlignedPair[] {
  return align(session.keysOf(left), session.keysOf(right), (l, r) => sameSort(left.events[l]!, right.events[r]!));
}

export function toRow(pair: AlignedPair, left: Run, right: Run): AlignedRow {
  return {
    kind: pair.kind,
    left: pair.left < 0 ? null : toEventResult(left.events[pair.left]!, pair.left),
    right: pair.right < 0 ? null : toEventResult(right.events[pair.right]!, pair.right),
  };
}

function firstRow(session: Session, there: Run, here: Run, cause: Cause): ColumnResult["firstDivergence"] {
  const pairs = alignRuns(session, there, here);
  const row = pairs.findIndex((pair) => pair.kind !== "same");
  return { ...toRow(pairs[row]!, there, here), row, cause };
}
