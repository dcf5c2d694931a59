import { expect, test } from "vitest";
import { type CompletionNames, complete } from "./complete.ts";
import { parseQuery } from "./parse.ts";

const NAMES: CompletionNames = {
  columns: ["metal", "kvm@4.20+qemu@3.1", "kvm@6.1+qemu@8.2"],
  scenarios: ["xsaves-control", "ept-walk"],
  quirks: ["kvm/vmx/a", "qemu/cpu/b"],
  tags: ["S1", "S3", "xsave"],
  needs: ["vmx", "svm"],
  exits: ["EPT_VIOLATION", "VMCALL"],
  verdicts: ["probe-a", "two words"],
};

function offered(text: string): string[] {
  return complete(text, text.length, NAMES).items.map((item) => item.text);
}

test.each([
  ["is:d", ["is:different"]],
  ["is:!s", ["is:!same"]],
  ["exit:ept", ["exit:EPT_VIOLATION"]],
  ["quirk:k", ["quirk:kvm/*", "quirk:kvm/vmx/a"]],
  ["seed:", ["seed:S1", "seed:S3"]],
  ["scenario:ept", ["scenario:ept-walk"]],
  ["verdict:two", ['verdict:"two words"']],
  ["a and (kv", ["kvm:"]],
  ["outcome:ha", ["outcome:hang", "outcome:halted"]],
  ["se", ["seed:", "seq("]],
])("after %s come %s", (text, expected) => {
  expect(offered(text).slice(0, expected.length)).toEqual(expected);
});

test("an offer takes the place of the word at the caret, and of no more", () => {
  const text = "is:same and quirk:kv or seed:S1";
  const { start, end } = complete(text, text.indexOf(" or"), NAMES);
  expect(text.slice(start, end)).toBe("quirk:kv");
  expect(complete("a ", 2, NAMES)).toMatchObject({ start: 2, end: 2 });
  expect(complete('verdict:"two w', 14, NAMES)).toMatchObject({ start: 0, end: 14 });
});

test("every value that is offered makes a condition that can be read", () => {
  for (const key of ["is", "outcome", "exit", "quirk", "verdict", "column", "seed", "topic", "needs", "vendor", "kvm"])
    for (const text of offered(`${key}:`)) expect(parseQuery(text, NAMES), text).toMatchObject({ ok: true });
});
