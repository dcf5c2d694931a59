import type { Quirk } from "@hvdiff/personality";

/** Something that differs from the reference and wants a cause. */
export interface Question {
  readonly id: string;
}

/** What ablation found: the smallest set of quirks whose removal answers the question, or null. */
export type Answers = ReadonlyMap<string, readonly Quirk[] | null>;

/**
 * Finds the cause of each question by ablation. `fixedWithout(removed)` tells which questions vanish when exactly these quirks are
 * switched off; it may be called with any subset and should remember its answers.
 *
 * Halving finds single causes in about two runs per level; what needs several quirks together is minimized one by one (ddmin).
 */
export function attribute(questions: readonly Question[], quirks: readonly Quirk[], fixedWithout: (removed: readonly Quirk[]) => ReadonlySet<string>): Answers {
  const answers = new Map<string, readonly Quirk[] | null>();
  if (questions.length === 0) return answers;
  const explained = fixedWithout(quirks);
  for (const question of questions) if (!explained.has(question.id)) answers.set(question.id, null);
  search(questions.filter((question) => explained.has(question.id)), quirks, fixedWithout, answers);
  return answers;
}

/** `questions` all vanish without `quirks`. */
function search(questions: readonly Question[], quirks: readonly Quirk[], fixedWithout: (removed: readonly Quirk[]) => ReadonlySet<string>, answers: Map<string, readonly Quirk[] | null>): void {
  if (questions.length === 0) return;
  if (quirks.length <= 1) {
    for (const question of questions) answers.set(question.id, quirks);
    return;
  }
  const middle = quirks.length >> 1;
  let open = questions;
  for (const half of [quirks.slice(0, middle), quirks.slice(middle)]) {
    if (open.length === 0) return;
    const fixed = fixedWithout(half);
    search(open.filter((question) => fixed.has(question.id)), half, fixedWithout, answers);
    open = open.filter((question) => !fixed.has(question.id));
  }
  for (const question of open) answers.set(question.id, minimize(question, quirks, fixedWithout));
}

/** Drops every quirk that is not needed, in larger then smaller pieces. */
function minimize(question: Question, quirks: readonly Quirk[], fixedWithout: (removed: readonly Quirk[]) => ReadonlySet<string>): readonly Quirk[] {
  let kept = quirks;
  for (let size = kept.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < kept.length; ) {
      const smaller = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (smaller.length > 0 && smaller.length < kept.length && fixedWithout(smaller).has(question.id)) kept = smaller;
      else at += size;
    }
  }
  return kept;
}
