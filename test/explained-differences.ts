/** Why what a peer says of a case may differ from what ours says. */
export interface Explanation<Case, Result> {
  readonly why: string;
  readonly matches: (made: Case, ours: Result, theirs: Result) => boolean;
}

/** Cases and what came of each, here and with a peer. */
export interface Compared<Case, Result> {
  readonly cases: readonly Case[];
  readonly ours: readonly Result[];
  readonly theirs: readonly Result[];
  readonly explanations: readonly Explanation<Case, Result>[];
  readonly isSame: (one: Result, other: Result) => boolean;
}

/** Numbers of the cases that differ without an explanation, and how often each explanation served. */
export function compareCases<Case, Result>(
  all: Compared<Case, Result>,
): {
  readonly different: readonly number[];
  readonly explained: readonly number[];
} {
  const different: number[] = [];
  const explained = all.explanations.map(() => 0);
  for (const [n, made] of all.cases.entries()) {
    const [own, theirs] = [all.ours[n]!, all.theirs[n]!];
    if (all.isSame(own, theirs)) continue;
    const reason = all.explanations.findIndex(({ matches }) => matches(made, own, theirs));
    if (reason < 0) different.push(n);
    else explained[reason]!++;
  }
  return { different, explained };
}
