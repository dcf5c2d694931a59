/** Compares two dotted releases number by number; missing parts count as 0, a leading `≤` is ignored. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Whether a text is a dotted release such as `6.1`. */
export function isVersion(text: string): boolean {
  return /^\d+(\.\d+)*$/.test(text);
}

function numbersOf(version: string): number[] {
  return version.replace(/^≤/, "").split(".").map(Number);
}
