import { type Child, h } from "../element.ts";

/** Two texts as what they share at both ends and what differs between, cut at word boundaries. */
export function changedSpan(here: string, other: string): { start: string; changed: string; end: string } {
  const [words, others] = [wordsOf(here), wordsOf(other)];
  const least = Math.min(words.length, others.length);
  let start = 0;
  while (start < least && words[start] === others[start]) start += 1;
  let end = 0;
  while (end < least - start && words.at(-1 - end) === others.at(-1 - end)) end += 1;
  return {
    start: words.slice(0, start).join(""),
    changed: words.slice(start, words.length - end).join(""),
    end: words.slice(words.length - end).join(""),
  };
}

function wordsOf(text: string): string[] {
  return text.match(/[\w.]+|\s+|[^\w\s]/g) ?? [];
}

/** `here` with what it does not share with `other` marked. */
export function changedText(here: string, other: string): Child {
  const { start, changed, end } = changedSpan(here, other);
  return [start, changed !== "" && h("mark", {}, changed), end];
}
