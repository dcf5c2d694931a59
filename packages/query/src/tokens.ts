import type { QueryError, Span } from "./syntax.ts";

export interface Token extends Span {
  readonly kind: "word" | "(" | ")" | ",";
  /** A word without its quotes. */
  readonly text: string;
  /** Whether any of it was quoted; such a word is no keyword. */
  readonly quoted: boolean;
  /** Where the first colon outside of quotes stands in `text`; -1 for none. */
  readonly colon: number;
}

const PUNCTUATION = new Set(["(", ")", ","]);

/** Splits a query into words and punctuation. A quoted stretch `"…"` may stand anywhere in a word; it has no escapes. */
export function tokensOf(query: string): { tokens: Token[]; error: QueryError | null } {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const character = query[at]!;
    if (/\s/.test(character)) {
      at += 1;
    } else if (PUNCTUATION.has(character)) {
      const kind = character as "(" | ")" | ",";
      tokens.push({ kind, text: character, quoted: false, colon: -1, start: at, end: at + 1 });
      at += 1;
    } else {
      const word = wordAt(query, at);
      if ("message" in word) return { tokens, error: word };
      tokens.push(word);
      at = word.end;
    }
  }
  return { tokens, error: null };
}

function wordAt(query: string, start: number): Token | QueryError {
  let text = "";
  let colon = -1;
  let quoted = false;
  let at = start;
  for (; at < query.length; at += 1) {
    const character = query[at]!;
    if (character === '"') {
      const close = query.indexOf('"', at + 1);
      if (close < 0) return { message: "this quotation mark has no second one", start: at, end: query.length };
      text += query.slice(at + 1, close);
      quoted = true;
      at = close;
    } else if (/\s/.test(character) || PUNCTUATION.has(character)) {
      break;
    } else {
      if (character === ":" && colon < 0) colon = text.length;
      text += character;
    }
  }
  return { kind: "word", text, quoted, colon, start, end: at };
}

/** A value as it must be written to be read back. */
export function quoted(value: string): string {
  return value === "" || /[\s(),:"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}
