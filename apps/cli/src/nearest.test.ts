import { expect, test } from "vitest";
import { editDistance, nearest, suggestion } from "./nearest.ts";

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "abd", 1],
  ["abc", "ab", 1],
  ["abc", "acb", 1],
  ["", "abc", 3],
  ["kitten", "sitting", 3],
])("%s and %s are %i edits apart", (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
  expect(editDistance(right, left)).toBe(distance);
});

test("the nearest name comes first, and what is far away not at all", () => {
  expect(nearest("scenaros", ["serve", "scenarios", "quirks"])).toEqual(["scenarios"]);
  expect(nearest("xsave", ["xsaves-control", "capabilities"])).toEqual(["xsaves-control"]);
});

test("where nothing is near, a short list is told whole", () => {
  expect(suggestion("zzz", ["a1", "b2"])).toBe(" (there are a1, b2)");
  expect(suggestion("zzz", [])).toBe("");
});
