import { Reader } from "./reader.ts";
import type { Parsed, Quantity, Query, QueryError, Span } from "./syntax.ts";
import { termOf, type Vocabulary } from "./term-of.ts";
import { type Token, tokensOf } from "./tokens.ts";

const QUANTIFIERS = ["exists", "all", "none"] as const;
const COUNT = /^count:([<>]=?|=)?(\d+)$/i;
const DEEPEST = 50;

/** Where in a query one is: how deep in parentheses, and whether inside of what ranges over cells. */
interface Place {
  readonly depth: number;
  readonly inCells: boolean;
}

type Result = Query | QueryError;

/**
 * Reads a query: terms (`is:different`, `kvm:!metal`, `quirk:kvm/*`, words) joined by `and`, `or`, `not` and parentheses, and `exists(…)`,
 * `all(…)`, `none(…)`, `count:N(…)`, `seq(…, …)`. Terms side by side are joined by `and`.
 * @param known the columns that there are; without them any word is taken for a product
 */
export function parseQuery(text: string, known?: Vocabulary): Parsed {
  const { tokens, error } = tokensOf(text);
  if (error !== null) return { ok: false, error };
  if (tokens.length === 0) return { ok: true, query: { kind: "everything" } };
  const reader = new Reader(tokens, text.length);
  const query = parseOr(reader, { depth: 0, inCells: false }, known);
  if (isError(query)) return { ok: false, error: query };
  const rest = reader.peek();
  if (rest !== null) return { ok: false, error: { ...spanOf(rest), message: unexpected(rest) } };
  return { ok: true, query };
}

export function isError(result: Result): result is QueryError {
  return "message" in result;
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}

function unexpected({ text }: Token): string {
  return text === ")" ? "this parenthesis was not opened" : `“${text}” has no place here`;
}

function parseOr(reader: Reader, place: Place, known?: Vocabulary): Result {
  const parts: Query[] = [];
  do {
    const part = parseAnd(reader, place, known);
    if (isError(part)) return part;
    parts.push(part);
  } while (reader.takeWord("or"));
  return parts.length === 1 ? parts[0]! : { kind: "or", parts };
}

function parseAnd(reader: Reader, place: Place, known?: Vocabulary): Result {
  const parts: Query[] = [];
  do {
    const part = parseNot(reader, place, known);
    if (isError(part)) return part;
    parts.push(part);
  } while (reader.takeWord("and") || reader.startsOperand());
  return parts.length === 1 ? parts[0]! : { kind: "and", parts };
}

function parseNot(reader: Reader, place: Place, known?: Vocabulary): Result {
  if (place.depth > DEEPEST) return reader.errorHere(`more than ${DEEPEST} levels`);
  if (reader.takeWord("not")) {
    const part = parseNot(reader, { ...place, depth: place.depth + 1 }, known);
    return isError(part) ? part : { kind: "not", part };
  }
  return parseOperand(reader, place, known);
}

function parseOperand(reader: Reader, place: Place, known?: Vocabulary): Result {
  const token = reader.peek();
  if (token === null || !reader.startsOperand()) return reader.errorHere("a condition is missing here");
  reader.next();
  if (token.kind === "(") return parseGroup(reader, token, { ...place, depth: place.depth + 1 }, known);
  if (reader.peek()?.kind === "(" && reader.peek()?.start === token.end && !token.quoted)
    return parseRange(reader, token, place, known);
  const term = termOf(token, known);
  return "message" in term ? term : { kind: "term", term };
}

/** What follows an opened parenthesis, with its closing one. */
function parseGroup(reader: Reader, open: Token, place: Place, known?: Vocabulary): Result {
  const inner = parseOr(reader, place, known);
  if (isError(inner)) return inner;
  return reader.close(open) ?? inner;
}

/** `exists(…)` and the like, whose name has been read. */
function parseRange(reader: Reader, name: Token, place: Place, known?: Vocabulary): Result {
  const kind = name.text.toLowerCase();
  const quantifier = QUANTIFIERS.find((candidate) => candidate === kind);
  const quantity = quantityOf(name.text);
  if (quantifier === undefined && quantity === null && kind !== "seq")
    return { ...spanOf(name), message: `“${name.text}(” is none of exists(, all(, none(, count:N(, seq(` };
  if (place.inCells)
    return { ...spanOf(name), message: `${kind}(…) cannot stand inside of another that ranges over cells` };
  const open = reader.next()!;
  const inside = { depth: place.depth + 1, inCells: true };
  if (kind === "seq") return parseSequence(reader, { name, open }, inside, known);
  const part = parseGroup(reader, open, inside, known);
  if (isError(part)) return part;
  return quantity === null ? { kind: quantifier!, part } : { kind: "count", quantity, part };
}

function quantityOf(name: string): Quantity | null {
  const match = COUNT.exec(name);
  return match === null ? null : { compare: (match[1] ?? "=") as Quantity["compare"], number: Number(match[2]) };
}

function parseSequence(
  reader: Reader,
  { name, open }: { name: Token; open: Token },
  place: Place,
  known?: Vocabulary,
): Result {
  const parts: Query[] = [];
  do {
    const part = parseOr(reader, place, known);
    if (isError(part)) return part;
    parts.push(part);
  } while (reader.takeComma());
  const error = reader.close(open);
  if (error !== null) return error;
  if (parts.length < 2)
    return {
      ...spanOf(name),
      message: "seq(…) takes two or more conditions with commas between, one for each release",
    };
  return { kind: "seq", parts };
}
