import { expect, test } from "vitest";
import { COLUMNS, rowOf } from "../test/rows.ts";
import { matchesCell, matchesRow } from "./evaluate.ts";
import { parseQuery } from "./parse.ts";
import type { Query } from "./syntax.ts";

// metal, kvm@4.20, kvm@6.1, kvm@4.9, virtualbox@7.0
const ROWS = [
  rowOf("same", "aaaaa"),
  rowOf("fixed", "abaca", { tags: ["S3", "ept", "invept"] }),
  rowOf("hang", "aHHaa", { needs: ["svm"] }),
  rowOf("unknown", "aaaa?"),
];

function query(text: string): Query {
  const parsed = parseQuery(text, { columns: COLUMNS.map(({ column }) => column) });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.query;
}

function found(text: string): string {
  return ROWS.filter((row) => matchesRow(query(text), row, COLUMNS))
    .map(({ scenario }) => scenario.id)
    .join(" ");
}

test.each([
  ["", "same fixed hang unknown"],
  ["is:different", "fixed hang unknown"],
  ["is:same", "same"],
  ["is:!same", "fixed hang unknown"],
  ["is:explained", "same fixed hang"],
  ["is:unexplained", "unknown"],
  ["outcome:hang", "hang"],
  ["not outcome:hang", "same fixed unknown"],
  ["outcome:exit", "same fixed hang unknown"],
  ['outcome:"exit 0"', "same fixed hang unknown"],
  ["metal:hang", ""],
  ["kvm:hang", "hang"],
  ["virtualbox:hang", ""],
  ["kvm:!metal", "fixed hang"],
  ["kvm:metal", "same fixed hang unknown"],
  ["kvm@6.1:!metal", "hang"],
  ["kvm@4.*:!metal", "fixed hang"],
  ["kvm@6.1:kvm@4.20", "same hang unknown"],
  ["virtualbox:!metal", "unknown"],
  ["virtualbox:unexplained", "unknown"],
  ["exit:EPT_VIOLATION", "fixed"],
  ["exit:ept-*", "fixed"],
  ["quirk:kvm/*", "fixed hang"],
  ["quirk:!kvm/*", "same unknown"],
  ["verdict:probe-a", "fixed hang unknown"],
  ["seed:s3", "fixed"],
  ["seed:!S3", "same hang unknown"],
  ["topic:ept", "fixed"],
  ["topic:S3", ""],
  ["vendor:amd", "hang"],
  ["needs:vmx", "same fixed unknown"],
  ["scenario:*n*", "hang unknown"],
  ["about invept", "fixed"],
  ["exists(column:kvm outcome:hang)", "hang"],
  ["exists(column:virtualbox outcome:hang)", ""],
  ["all(is:same)", "same"],
  ["none(is:different)", "same"],
  ["count:1(is:different)", "unknown"],
  ["count:>=2(is:different)", "fixed hang"],
  ["seq(is:different, is:same)", "fixed"],
  ["seq(is:same, outcome:hang)", "hang"],
  ["seq(is:same, is:same, is:same)", "same unknown"],
  ["seq(is:same, is:same, is:same, is:same)", ""],
  ["is:different (vendor:amd or seed:S3)", "fixed hang"],
])("%s finds %s", (text, expected) => {
  expect(found(text)).toBe(expected);
});

test("of a single row, the cells that fit can be told", () => {
  const [, , hang] = ROWS;
  const fitting = (text: string) => hang!.cells.filter((cell) => matchesCell(query(text), cell, hang!)).length;
  expect(fitting("outcome:hang")).toBe(2);
  expect(fitting("not outcome:hang")).toBe(3);
  expect(fitting("kvm:!metal")).toBe(2);
  expect(fitting("vendor:amd column:kvm")).toBe(3);
});

test("not, and, or keep the laws of logic on every row", () => {
  const atoms = ["is:different", "kvm:!metal", "outcome:hang", "quirk:kvm/*", "all(is:same)", "seed:S3"];
  for (const a of atoms)
    for (const b of atoms) {
      expect(found(`not (${a} and ${b})`)).toBe(found(`not ${a} or not ${b}`));
      expect(found(`not (${a} or ${b})`)).toBe(found(`not ${a} and not ${b}`));
      expect(found(`${a} ${b}`)).toBe(found(`${b} and ${a}`));
      expect(found(`not not (${a} or ${b})`)).toBe(found(`${b} or ${a}`));
    }
});

test("what exists is what not none has", () => {
  for (const inner of ["is:different", "outcome:hang", "column:kvm exit:*", "not quirk:kvm/*"]) {
    expect(found(`exists(${inner})`)).toBe(found(`not none(${inner})`));
    expect(found(`all(${inner})`)).toBe(found(`none(not (${inner}))`));
    expect(found(`count:>0(${inner})`)).toBe(found(`exists(${inner})`));
  }
});
