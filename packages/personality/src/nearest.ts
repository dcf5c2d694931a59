/** Number of single-character edits between two texts (Levenshtein distance). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The names closest to a mistyped one, nearest first: those it begins, then by edits; ties keep the order given. */
export function nearestNames(name: string, candidates: readonly string[], count = 3): string[] {
  const typed = name.toLowerCase();
  return candidates
    .map((candidate, order) => ({ candidate, order, distance: distanceOf(typed, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || a.order - b.order)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function distanceOf(typed: string, candidate: string): number {
  return typed !== "" && candidate.startsWith(typed) ? 0 : editDistance(typed, candidate);
}

/** A hint that ends an error line: ` (nearest: a, b)`, or nothing where there is nothing to name. */
export function nearestHint(name: string, candidates: readonly string[]): string {
  const names = nearestNames(name, candidates);
  return names.length === 0 ? "" : ` (nearest: ${names.join(", ")})`;
}
