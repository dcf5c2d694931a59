const MOST = 3;

/** The names closest to a mistyped one: those that share most pairs of letters with it. */
export function nearest(name: string, candidates: readonly string[]): string[] {
  return candidates
    .map((candidate, order) => ({ candidate, order, likeness: likeness(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => other.likeness - one.likeness || one.order - other.order)
    .slice(0, MOST)
    .map(({ candidate }) => candidate);
}

/** Dice's coefficient of the pairs of letters, beginnings counted. */
function likeness(one: string, other: string): number {
  const pairs = pairsOf(one);
  const others = pairsOf(other);
  const shared = pairs.filter((pair) => others.includes(pair)).length;
  return (2 * shared) / (pairs.length + others.length);
}

function pairsOf(text: string): string[] {
  const padded = ` ${text}`;
  return Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2));
}
