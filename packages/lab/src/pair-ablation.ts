import type { Quirk } from "@hvdiff/personality";
import type { Ablation } from "./attribute.ts";

/** Two things that are compared: what a reference column gives and what another gives. */
export interface Pair<T> {
  readonly there: T;
  readonly here: T;
}

export interface PairQuestions<T> {
  readonly questions: readonly string[];
  /** The pair with these quirks switched off on both sides. */
  without(removed: readonly Quirk[]): Pair<T>;
  /** What one side says to a question. */
  answer(side: T, question: string): string | null;
  /** For questions about the pair as a whole: whether it still stands, and whether it is another than before. */
  readonly whole?: {
    is(question: string): boolean;
    stands(pair: Pair<T>): boolean;
    moved(pair: Pair<T>): boolean;
  };
}

/** The quirks of two columns, each once: switching one off concerns both sides. */
export function quirksOfBoth(there: readonly Quirk[], here: readonly Quirk[]): readonly Quirk[] {
  return [...here, ...there.filter((quirk) => !here.some((other) => other.id === quirk.id))];
}

/** Those of a column's quirks that stay when some are removed. */
export function quirksWithout(quirks: readonly Quirk[], removed: readonly Quirk[]): readonly Quirk[] {
  return quirks.filter((quirk) => !removed.some((gone) => gone.id === quirk.id));
}

/** Ablation over a pair of columns: a quirk is switched off wherever it is on. */
export function pairAblation<T>(quirks: readonly Quirk[], pairs: PairQuestions<T>): Ablation {
  const base = pairs.without([]);
  const { whole } = pairs;
  const stands = (pair: Pair<T>, question: string): boolean =>
    whole?.is(question) === true
      ? whole.stands(pair)
      : pairs.answer(pair.there, question) !== pairs.answer(pair.here, question);
  const moved = (pair: Pair<T>, question: string): boolean =>
    whole?.is(question) === true
      ? whole.moved(pair)
      : pairs.answer(pair.there, question) !== pairs.answer(base.there, question) ||
        pairs.answer(pair.here, question) !== pairs.answer(base.here, question);
  const asked = (ask: (pair: Pair<T>, question: string) => boolean) =>
    remembered((removed) => {
      const pair = pairs.without(removed);
      return new Set(pairs.questions.filter((question) => ask(pair, question)));
    });
  return {
    questions: pairs.questions,
    quirks,
    fixedWithout: asked((pair, question) => !stands(pair, question)),
    movedWithout: asked(moved),
  };
}

/** Asks once about each set of quirks. */
function remembered(
  ask: (removed: readonly Quirk[]) => ReadonlySet<string>,
): (removed: readonly Quirk[]) => ReadonlySet<string> {
  const answers = new Map<string, ReadonlySet<string>>();
  return (removed) => {
    const key = removed.map(({ id }) => id).join(" ");
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = ask(removed);
      answers.set(key, answer);
    }
    return answer;
  };
}
