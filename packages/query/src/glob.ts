/** Compares as people do: capitals, blanks, dashes and underscores are all one. `*` stands for anything. */
export function fits(pattern: string, text: string): boolean {
  const parts = folded(pattern).split("*");
  const subject = folded(text);
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return subject === first;
  if (!subject.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = subject.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return subject.length - last.length >= at && subject.endsWith(last);
}

/** Whether the text has the pattern somewhere. */
export function contains(pattern: string, text: string): boolean {
  return fits(`*${pattern}*`, text);
}

function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]+/g, "-");
}
