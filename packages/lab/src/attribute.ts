import type { Quirk } from "@hvdiff/personality";

/** What ablation is asked about, and how it is done. */
export interface Ablation {
  /** Things that differ from the reference and want a cause. */
  readonly questions: readonly string[];
  readonly quirks: readonly Quirk[];
  /** Which questions vanish when exactly these quirks are switched off. Remembers its answers. */
  fixedWithout(removed: readonly Quirk[]): ReadonlySet<string>;
  /** Which questions get another answer than now, right or not, when exactly these quirks are switched off. */
  movedWithout(removed: readonly Quirk[]): ReadonlySet<string>;
}

/** The smallest set of quirks whose removal answers a question, by question; null where no set does. */
export type Answers = ReadonlyMap<string, readonly Quirk[] | null>;

/**
 * Finds the cause of each question by ablation. First quirks that have no say are sorted out, by halves; then single causes
 * are found by trying each that is left, and what needs several together is minimized.
 */
export function attribute(ablation: Ablation): Answers {
  const answers = new Map<string, readonly Quirk[] | null>();
  const { questions, quirks } = ablation;
  if (questions.length === 0) return answers;
  const explained = ablation.fixedWithout(quirks);
  for (const question of questions) if (!explained.has(question)) answers.set(question, null);
  const relevant = noticed(ablation, quirks);
  for (const question of questions)
    if (explained.has(question)) answers.set(question, causeOf(ablation, question, relevant));
  return answers;
}

/**
 * Quirks that have a say in some answer, found by halving: a set that moves nothing together is taken to move nothing in its parts, and of a set that
 * moves something the second half must where the first does not.
 */
function noticed(ablation: Ablation, quirks: readonly Quirk[], moves = false): readonly Quirk[] {
  if (quirks.length === 0 || (!moves && ablation.movedWithout(quirks).size === 0)) return [];
  if (quirks.length === 1) return quirks;
  const middle = quirks.length >> 1;
  const first = noticed(ablation, quirks.slice(0, middle));
  return [...first, ...noticed(ablation, quirks.slice(middle), first.length === 0)];
}

function causeOf(ablation: Ablation, question: string, relevant: readonly Quirk[]): readonly Quirk[] {
  const single = mostSpecific(
    ablation,
    relevant.filter((quirk) => ablation.fixedWithout([quirk]).has(question)),
  );
  if (single !== undefined) return [single];
  const movers = relevant.filter((quirk) => ablation.movedWithout([quirk]).has(question));
  // What moves the answer is nearly always what causes it; then what leaves any mark; then marks that only show together.
  const candidates = [movers, relevant].find((set) => set.length > 1 && ablation.fixedWithout(set).has(question));
  return minimize(ablation, question, candidates ?? ablation.quirks);
}

/**
 * Of quirks each of which alone is a cause, the one that has a say in the fewest answers: a feature rather than what hides everything of
 * its kind. Of equals one that does something rather than one that offers it, and then the last, which is nearest to the guest.
 */
function mostSpecific(ablation: Ablation, causes: readonly Quirk[]): Quirk | undefined {
  const weight = (quirk: Quirk): number =>
    2 * ablation.movedWithout([quirk]).size + (quirk.policy === undefined ? 1 : 0);
  return causes.reduce<Quirk | undefined>(
    (best, quirk) => (best === undefined || weight(quirk) <= weight(best) ? quirk : best),
    undefined,
  );
}

/** Drops every quirk that is not needed, in larger then smaller pieces. */
function minimize(ablation: Ablation, question: string, quirks: readonly Quirk[]): readonly Quirk[] {
  let kept = quirks;
  for (let size = kept.length > 8 ? kept.length >> 1 : 1; size >= 1; size >>= 1) {
    for (let at = 0; at < kept.length; ) {
      const smaller = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (smaller.length > 0 && ablation.fixedWithout(smaller).has(question)) kept = smaller;
      else at += size;
    }
  }
  return kept;
}
