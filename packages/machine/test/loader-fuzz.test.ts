import { expect, test } from "vitest";
import { fuzzLoaders } from "./fuzz/fuzz-loaders.ts";

const CASES = 1500;

test("mutated images are refused in one clear line or run within their bounds", () => {
  const { refused, outcomes, failures } = fuzzLoaders(CASES, 1);
  expect(failures).toEqual([]);
  const ran = [...outcomes.values()].reduce((sum, times) => sum + times, 0);
  expect(refused + ran).toBe(CASES);
  // Neither everything nor nothing gets through, so that both sides are tried.
  expect(Math.min(refused, ran)).toBeGreaterThan(CASES / 10);
});
