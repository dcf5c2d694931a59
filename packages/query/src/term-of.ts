import { productOf, selects } from "./columns.ts";
import { nearest } from "./nearest.ts";
import type { QueryError, Term } from "./syntax.ts";
import { IS_VALUES, KEYS, OUTCOMES } from "./terms.ts";
import type { Token } from "./tokens.ts";

/** What there is to name in a query. */
export interface Vocabulary {
  /** Every column, as spelled. */
  readonly columns: readonly string[];
}

/** A word as a condition: `key:value`, or words to look for. */
export function termOf(token: Token, known?: Vocabulary): Term | QueryError {
  const { start, end } = token;
  if (token.colon < 0) return { key: "text", value: token.text, negated: false, start, end };
  const key = token.text.slice(0, token.colon);
  const rest = token.text.slice(token.colon + 1);
  const negated = rest.startsWith("!");
  const value = negated ? rest.slice(1) : rest;
  if (value === "") return { message: `“${key}:” lacks its value${exampleOf(key)}`, start: end, end };
  const isKey = KEYS[key.toLowerCase()] !== undefined;
  const term = { key: isKey ? key.toLowerCase() : key, value, negated, start, end };
  const message = isKey ? wrongValue(term) : wrongSelector(term, known);
  if (message === null) return term;
  const place = message.isValue ? start + token.colon + 1 + (negated ? 1 : 0) : start;
  return { message: message.text, start: place, end: message.isValue ? end : start + key.length };
}

function exampleOf(key: string): string {
  const values = KEYS[key.toLowerCase()]?.values;
  return values === undefined ? "" : `: ${values.join(", ")}`;
}

interface Wrong {
  readonly text: string;
  readonly isValue: boolean;
}

function wrongValue({ key, value }: Term): Wrong | null {
  const values = KEYS[key]?.values;
  if (values === undefined || values.includes(value.toLowerCase())) return null;
  return { text: `“${value}” is none of ${values.join(", ")}`, isValue: true };
}

function wrongSelector({ key, value }: Term, known?: Vocabulary): Wrong | null {
  if (known === undefined) return null;
  const isShown = (selector: string) => known.columns.some((column) => selects(selector, column));
  const products = [...new Set(known.columns.map(productOf))];
  if (key === "" || !isShown(key)) {
    const names = [...Object.keys(KEYS), ...products];
    return {
      text: `“${key}” is neither a key nor a column here (nearest: ${nearest(key, names).join(", ")})`,
      isValue: false,
    };
  }
  const words = [...IS_VALUES, ...OUTCOMES];
  if (words.includes(value.toLowerCase()) || isShown(value) || value.includes(" ") || value.includes("*")) return null;
  const names = nearest(value, [...words, ...products]).join(", ");
  return { text: `“${value}” is neither an outcome nor a column here (nearest: ${names})`, isValue: true };
}
