import { expect, test } from "vitest";
import { changedSpan } from "./changed-text.ts";

test.each([
  ["probe completed", "probe #UD", { start: "probe ", changed: "completed", end: "" }],
  ["exit A, RIP 0x10", "exit BCD, RIP 0x10", { start: "exit ", changed: "A", end: ", RIP 0x10" }],
  ["0x001f7cff", "0x000378ef", { start: "", changed: "0x001f7cff", end: "" }],
  ["a a", "a a a", { start: "a a", changed: "", end: "" }],
  ["", "x", { start: "", changed: "", end: "" }],
])("%j against %j", (here, other, parts) => {
  expect(changedSpan(here, other)).toEqual(parts);
});
