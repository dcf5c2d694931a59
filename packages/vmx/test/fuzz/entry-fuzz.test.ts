import { expect, test } from "vitest";
import { fuzzEntries } from "./entry-fuzz.ts";

const CASES = 1000;

test("a thousand VM entries with nearly valid VMCSs come out the same twice, and in all possible ways", () => {
  const verdicts = () => [...fuzzEntries(1, CASES)].map(({ verdict }) => verdict);
  const first = verdicts();
  expect(verdicts()).toEqual(first);
  const kinds = new Set(first.map((verdict) => /^(VMfail [78]|exit (guest|reason)|enter)/.exec(verdict)?.[0]));
  expect([...kinds].sort()).toEqual(["VMfail 7", "VMfail 8", "enter", "exit guest", "exit reason"]);
});
