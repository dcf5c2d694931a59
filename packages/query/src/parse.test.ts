import { expect, test } from "vitest";
import { parseQuery } from "./parse.ts";
import { printQuery } from "./print.ts";
import type { Query, Term } from "./syntax.ts";

const KNOWN = { columns: ["metal", "ideal", "kvm@4.20+qemu@3.1", "kvm@6.1+qemu@8.2", "virtualbox@7.0"] };

function termsOf(query: Query): Term[] {
  if (query.kind === "term") return [query.term];
  if (query.kind === "everything") return [];
  return "parts" in query ? query.parts.flatMap(termsOf) : termsOf(query.part);
}

function printed(text: string): string {
  const parsed = parseQuery(text, KNOWN);
  return parsed.ok ? printQuery(parsed.query) : `error: ${parsed.error.message}`;
}

test.each([
  ["", ""],
  ["is:different", "is:different"],
  ["IS:Different", "is:Different"],
  ["kvm:!metal outcome:hang", "kvm:!metal and outcome:hang"],
  ["a or b c", "text:a or (text:b and text:c)"],
  ["not a or not (b or c)", "not text:a or not (text:b or text:c)"],
  ["not not a", "not not text:a"],
  ['scenario:"two words"', 'scenario:"two words"'],
  ['"and" or', "error: a condition is missing here"],
  ['"and"', "text:and"],
  ["exists(column:kvm outcome:hang)", "exists(column:kvm and outcome:hang)"],
  ["count:>1(is:different)", "count:>1(is:different)"],
  ["count:2(is:different)", "count:=2(is:different)"],
  ["seq(is:different, is:same or outcome:hang)", "seq(is:different, is:same or outcome:hang)"],
  ["kvm@4.20:hang", "kvm@4.20:hang"],
  ["kvm@6.1+qemu@8.2:metal", "kvm@6.1+qemu@8.2:metal"],
])("%s is read as %s", (text, expected) => {
  expect(printed(text)).toBe(expected);
});

test.each([
  ["is:diferent", 3, 11, /is none of different, same/],
  ["is:!sam", 4, 7, /“sam” is none of/],
  ["kvn:!metal", 0, 3, /nearest: .*kvm/],
  ["kvm:metall", 4, 10, /nearest: .*metal/],
  ["seed:", 5, 5, /lacks its value/],
  ["is:", 3, 3, /different, same, explained/],
  ["(a b", 0, 1, /not closed/],
  ["a b)", 3, 4, /was not opened/],
  ["a and", 5, 5, /condition is missing/],
  ["a and and b", 6, 9, /condition is missing/],
  ["()", 1, 2, /condition is missing/],
  ['a "b', 2, 4, /no second one/],
  ["a, b", 1, 2, /has no place/],
  ["most(a)", 0, 4, /none of exists\(/],
  ["seq(a)", 0, 3, /two or more/],
  ["seq(a, exists(b))", 7, 13, /cannot stand inside/],
  [`${"(".repeat(60)}a`, 51, 52, /more than 50 levels/],
])("%s is wrong from %i to %i", (text, start, end, message) => {
  const parsed = parseQuery(text, KNOWN);
  expect(parsed).toMatchObject({ ok: false, error: { start, end } });
  expect(parsed.ok ? "" : parsed.error.message).toMatch(message);
});

/** A seeded generator: the same texts in every run. (Xorshift) */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const ATOMS = ["is:different", "kvm:!metal", "outcome:hang", "quirk:kvm/*", "seed:S3", 'text:"a b"', "verdict:!x"];

function randomText(random: (below: number) => number, depth: number, inCells: boolean): string {
  const inner = (cells = inCells) => randomText(random, depth - 1, cells);
  switch (depth === 0 ? 0 : random(inCells ? 5 : 8)) {
    case 1:
      return `(${inner()} or ${inner()})`;
    case 2:
      return `(${inner()} ${inner()})`;
    case 3:
      return `not ${inner()}`;
    case 4:
      return `(${inner()})`;
    case 5:
      return `all(${inner(true)})`;
    case 6:
      return `count:<=${random(9)}(${inner(true)})`;
    case 7:
      return `seq(${inner(true)},${inner(true)})`;
    default:
      return ATOMS[random(ATOMS.length)]!;
  }
}

/** A query without the places of its terms. */
function shape(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) => (key === "start" || key === "end" ? undefined : value));
}

test("what is printed reads back as the same query", () => {
  const random = randomFrom(0x9e3779b9);
  for (let round = 0; round < 2000; round += 1) {
    const text = randomText(random, 5, false);
    const parsed = parseQuery(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
    const again = parseQuery(printQuery(parsed.query));
    if (!again.ok) throw new Error(`${printQuery(parsed.query)}: ${again.error.message}`);
    expect(shape(again.query)).toBe(shape(parsed.query));
  }
});

test("any text at all is a query or an error that lies inside of it, and terms know where they stand", () => {
  const random = randomFrom(12345);
  const pieces = [...'ab:!(),"* ', "and ", "not ", "or ", "seq(", "count:2(", "is:same", "kvm:", "é", "\n"];
  for (let round = 0; round < 5000; round += 1) {
    const text = Array.from({ length: random(14) }, () => pieces[random(pieces.length)]).join("");
    const parsed = parseQuery(text, KNOWN);
    if (parsed.ok) {
      for (const { start, end, value } of termsOf(parsed.query))
        expect(text.slice(start, end).replaceAll('"', "")).toContain(value);
    } else {
      const { start, end, message } = parsed.error;
      expect(message).not.toBe("");
      expect(0 <= start && start <= end && end <= text.length, `${JSON.stringify(text)} ${start} ${end}`).toBe(true);
    }
  }
});
