import { expect, test } from "vitest";
import { formatBytes, parseInstructions, parseMemory, parsePort } from "./quantities.ts";

test.each([
  ["64", 64 << 20],
  ["64M", 64 << 20],
  ["64MiB", 64 << 20],
  ["1g", 1 << 30],
  ["4096K", 4 << 20],
])("--memory %s is %i bytes", (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});

test.each(["", "0", "-1", "64T", "1.5G", "M", "0x40", "99999999999999999999"])("--memory %j is refused", (text) => {
  expect(() => parseMemory(text)).toThrow(/^--memory: .* is not a size/);
});

test.each([
  ["1", 1],
  ["1_000", 1000],
  ["10M", 1e7],
])("--max-instructions %s is %i", (text, count) => {
  expect(parseInstructions(text)).toBe(count);
});

test("--max-instructions refuses what is not a positive number", () => {
  for (const text of ["", "0", "many", "1e6"]) expect(() => parseInstructions(text)).toThrow(/not a positive number/);
});

test("--port takes 0 to 65535", () => {
  expect(parsePort("0")).toBe(0);
  expect(parsePort("65535")).toBe(65535);
  for (const text of ["", "65536", "-1", "http"]) expect(() => parsePort(text)).toThrow(/not a port number/);
});

test("bytes are told in the largest unit that divides them", () => {
  expect([1 << 30, 64 << 20, 1024, 1000].map(formatBytes)).toEqual(["1 GiB", "64 MiB", "1 KiB", "1000 bytes"]);
});
