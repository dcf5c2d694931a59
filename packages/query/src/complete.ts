import { productOf } from "./columns.ts";
import type { Span } from "./syntax.ts";
import { IS_VALUES, KEYS, OUTCOMES } from "./terms.ts";
import { quoted, tokensOf } from "./tokens.ts";

/** Names that values can take, for completion. */
export interface CompletionNames {
  readonly columns: readonly string[];
  readonly scenarios: readonly string[];
  readonly quirks: readonly string[];
  readonly tags: readonly string[];
  readonly needs: readonly string[];
  readonly exits: readonly string[];
  readonly verdicts: readonly string[];
}

/** What could stand in place of the word at the caret. */
export interface Completion extends Span {
  readonly items: readonly { readonly text: string; readonly summary: string }[];
}

const MOST = 12;

const WORDS: readonly (readonly [string, string])[] = [
  ["and", "both"],
  ["or", "either"],
  ["not", "the contrary"],
  ["exists(", "one cell that fits all of it"],
  ["all(", "every cell"],
  ["none(", "no cell"],
  ["count:1(", "so many cells; also count:>1("],
  ["seq(", "consecutive releases of a product: seq(is:different, is:same)"],
];

/** Ways to go on with a query at the caret, best first. */
export function complete(query: string, caret: number, names: CompletionNames): Completion {
  const before = query.slice(0, caret);
  const start = wordStart(before);
  const word = before.slice(start);
  const colon = word.indexOf(":");
  const items = colon < 0 ? keysFor(word, names) : valuesFor(word.slice(0, colon), word.slice(colon + 1), names);
  return { start, end: caret, items: items.slice(0, MOST) };
}

/** Where the word that ends the text begins; its end if it ends in none. */
function wordStart(before: string): number {
  const { tokens, error } = tokensOf(before);
  if (error !== null) return wordStart(`${before}"`);
  const last = tokens.at(-1);
  return last?.kind === "word" && last.end >= before.length ? last.start : before.length;
}

function keysFor(word: string, { columns }: CompletionNames): Completion["items"] {
  const products = [...new Set(columns.map(productOf))];
  const all = [
    ...Object.entries(KEYS).map(([key, { summary }]) => ({ text: `${key}:`, summary })),
    ...products.map((product) => ({
      text: `${product}:`,
      summary: `columns of ${product}: ${product}:!metal, ${product}:hang`,
    })),
    ...WORDS.map(([text, summary]) => ({ text, summary })),
  ];
  return ranked(word, all);
}

function valuesFor(key: string, typed: string, names: CompletionNames): Completion["items"] {
  const sign = typed.startsWith("!") ? "!" : "";
  const values = valuesOf(key.toLowerCase(), names).map((value) => ({ text: value, summary: "" }));
  const word = typed.slice(sign.length).replaceAll('"', "");
  return ranked(word, values).map(({ text, summary }) => ({ text: `${key}:${sign}${quoted(text)}`, summary }));
}

function valuesOf(key: string, names: CompletionNames): readonly string[] {
  const isSeed = (tag: string) => /^S\d+$/.test(tag);
  const products = [...new Set(names.columns.map(productOf))];
  const known: Readonly<Record<string, readonly string[]>> = {
    outcome: OUTCOMES,
    exit: names.exits,
    quirk: [...new Set(names.quirks.map((id) => `${id.split("/")[0]}/*`)), ...names.quirks],
    verdict: names.verdicts,
    column: [...products, ...names.columns],
    seed: names.tags.filter(isSeed),
    topic: names.tags.filter((tag) => !isSeed(tag)),
    needs: names.needs,
    scenario: names.scenarios,
    text: [],
  };
  return KEYS[key]?.values ?? known[key] ?? [...IS_VALUES, ...products, ...OUTCOMES];
}

/** What begins with the word, then what has it inside. */
function ranked(word: string, items: Completion["items"]): Completion["items"] {
  const typed = word.toLowerCase();
  const place = ({ text }: { text: string }) => text.toLowerCase().indexOf(typed);
  return items
    .filter((item) => place(item) >= 0 && item.text !== word)
    .map((item, order) => ({ item, order, rank: place(item) === 0 ? 0 : 1 }))
    .sort((one, other) => one.rank - other.rank || one.order - other.order)
    .map(({ item }) => item);
}
