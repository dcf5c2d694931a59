/** Edits (insert, delete, replace, swap of neighbours) between two words. */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const replace = above[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      let best = Math.min(replace, above[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[right.length]!;
}

/** Up to three names that the user may have meant, nearest first: few edits, or one contains the other. */
export function nearest(word: string, names: readonly string[]): string[] {
  const wanted = word.toLowerCase();
  return names
    .map((name) => {
      const candidate = name.toLowerCase();
      const contained = wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate));
      return { name, distance: contained ? 1 : editDistance(wanted, candidate) };
    })
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(Math.max(name.length, word.length) / 3)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** ` (nearest: a, b)`. */
export function nearestText(names: readonly string[]): string {
  return ` (nearest: ${names.join(", ")})`;
}

/** ` (nearest: a, b)` as the lab says it; ` (there are a, b)` where nothing is near in a short list; or nothing. */
export function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  if (near.length > 0) return nearestText(near);
  return names.length > 0 && names.length <= 12 ? ` (there are ${names.join(", ")})` : "";
}
