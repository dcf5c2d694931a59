import { describe, expect, test } from "vitest";
import { parseVerdicts } from "./parse-verdicts.ts";
import type { RunEnd } from "./suite-output.ts";

const HALTED: RunEnd = { exitCode: null, text: "halted at level 1", truncated: false };

function lines(...text: string[]): string {
  return `${text.join("\r\n")}\r\n`;
}

const GUEST = lines(
  "Booting as Multiboot2",
  "SOTEST VERSION 1 BEGIN 3",
  'SOTEST SUCCESS "cpuid leaf 7 is there"',
  'SOTEST SKIP "needs SMEP"',
  "Assertion failed @ main.cpp:12",
  'SOTEST FAIL "CR4 keeps SMEP after VM exit" (1 assertion)',
  "SOTEST END",
);

test("results, with what stands behind the name left away", () => {
  const { verdicts, suites } = parseVerdicts(GUEST, HALTED);
  expect(verdicts).toEqual([
    { id: "cpuid leaf 7 is there", value: "SUCCESS", status: "pass" },
    { id: "needs SMEP", value: "SKIP", status: "skip" },
    { id: "CR4 keeps SMEP after VM exit", value: "FAIL", status: "fail" },
    { id: "(sotest)", value: "3 tests announced" },
  ]);
  expect(suites).toEqual([
    { format: "sotest", passed: 1, failed: 1, skipped: 1, expectedFailures: 0, complete: true, problems: [] },
  ]);
});

test.each([
  ['SOTEST BENCHMARK:cycles:1234 "cpuid exit"', "cpuid exit = 1234 cycles"],
  ['SOTEST BENCHMARK 1234 "cycles" "cpuid exit"', "cpuid exit = 1234 cycles"],
  ['SOTEST "success" BENCHMARK "<" 12.5 "ms" "boot"', "boot = 12.5 ms"],
  ["SOTEST BENCHMARK:kernel_compile:seconds:61", "kernel_compile = 61 seconds"],
])("benchmark %s", (line, expected) => {
  const { verdicts, suites } = parseVerdicts(lines("SOTEST VERSION 1 BEGIN 1", line, "SOTEST END"), HALTED);
  expect(`${verdicts[0]!.id} = ${verdicts[0]!.value}`).toBe(expected);
  expect(suites[0]).toMatchObject({ passed: 1, failed: 0, problems: [] });
});

test("a benchmark that missed its bound fails", () => {
  const line = 'SOTEST "fail" BENCHMARK "<" 12.5 "ms" "boot"';
  const { suites } = parseVerdicts(lines("SOTEST VERSION 1 BEGIN 1", line, "SOTEST END"), HALTED);
  expect(suites[0]).toMatchObject({ passed: 0, failed: 1 });
});

describe("what is wrong with a run", () => {
  test.each<[string, string[], string[]]>([
    ["no END", ["BEGIN 1", 'SUCCESS "a"'], ["no SOTEST END (halted at level 1)"]],
    ["fewer than announced", ["BEGIN 2", 'SUCCESS "a"', "END"], ["2 tests are announced, 1 were printed"]],
    ["more than announced", ["BEGIN 0", "SUCCESS", "END"], ["0 tests are announced, 1 were printed"]],
    [
      "a second BEGIN",
      ["BEGIN 1", "BEGIN 1", 'FAIL "a"', "END"],
      ["SOTEST BEGIN before SOTEST END", "1 tests are announced, 0 were printed"],
    ],
  ])("%s", (_what, symbols, problems) => {
    const serial = lines(...symbols.map((text) => `SOTEST ${text.replace("BEGIN", "VERSION 1 BEGIN")}`));
    const { verdicts, suites } = parseVerdicts(serial, HALTED);
    expect(suites[0]!.problems).toEqual(problems);
    expect(verdicts.at(-1)).toMatchObject({ id: "(sotest)", status: "fail" });
  });

  test("a panic", () => {
    const { verdicts, suites } = parseVerdicts(lines("SOTEST VERSION 1 BEGIN 4", "SOTEST PANIC stack"), HALTED);
    expect(verdicts[0]).toEqual({ id: "PANIC", value: "stack", status: "fail" });
    expect(suites[0]).toMatchObject({ failed: 1, complete: false, problems: [] });
  });

  test("a version to come", () => {
    const { suites } = parseVerdicts(lines("SOTEST VERSION 2 BEGIN 0", "SOTEST END"), HALTED);
    expect(suites[0]!.problems).toEqual(["SOTEST VERSION 2 is not known"]);
  });
});

test("two blocks and a log in between that was written by others", () => {
  const serial = lines(
    "SOTEST VERSION 1 BEGIN 1",
    'kernel: [1.2] SOTEST SUCCESS "a"',
    "SOTEST END",
    "SOTEST VERSION 1 BEGIN 1",
    'SOTEST SUCCESS "a"',
    "SOTEST END",
  );
  const { verdicts } = parseVerdicts(serial, HALTED);
  expect(verdicts.map(({ id }) => id)).toEqual(["a", "a#2", "(sotest)"]);
});
