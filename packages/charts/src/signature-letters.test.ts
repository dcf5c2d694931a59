import { expect, test } from "vitest";
import { signatureLetters } from "./signature-letters.ts";

test("equal signatures get equal letters, in order of appearance", () => {
  expect(signatureLetters(["m", "m", "k", "v", "k"])).toEqual(["A", "A", "B", "C", "B"]);
});

test("the letter after Z is A2", () => {
  const signatures = Array.from({ length: 28 }, (_, index) => String(index));
  expect(signatureLetters(signatures).slice(25)).toEqual(["Z", "A2", "B2"]);
});
