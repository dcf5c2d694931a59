import { expect, test } from "vitest";
import { matrixFixture } from "../test/fixtures.ts";
import { verdictTotal } from "./verdict-total.ts";

test("a column that printed 3 verdicts instead of 40 differs in 40 of 40", () => {
  const [reference] = matrixFixture().rows[0]!.cells;
  const early = { ...reference!, verdicts: 3, differing: 40 };
  expect(verdictTotal(early, { ...reference!, verdicts: 40 })).toBe(40);
  expect(verdictTotal(early, undefined)).toBe(40);
});
