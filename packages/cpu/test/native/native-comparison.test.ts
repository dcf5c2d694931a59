import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { describeDifference, difference } from "./compare.ts";
import type { JudgedCase } from "./form.ts";
import { FORMS } from "./forms/index.ts";
import type { NativeResult } from "./native-case.ts";
import { buildNativeOracle } from "./native-oracle.ts";
import { makeCases, recordedCases, VECTORS_FILE } from "./recorded.ts";
import { SimulatedOracle } from "./simulated-oracle.ts";
import { unpackVectors } from "./vectors.ts";

const { HVDIFF_NATIVE_CASES } = process.env;
/** Cases per form; raised by hand for a deep search. */
const LIVE_CASES = Number(HVDIFF_NATIVE_CASES ?? 12);
const SHOWN = 20;
const INVALID_OPCODE = 6;

function compare(cases: readonly JudgedCase[], expected: readonly NativeResult[]): string[] {
  const simulated = new SimulatedOracle();
  const found: string[] = [];
  cases.forEach((item, n) => {
    const text = difference(item, expected[n]!, simulated.run(item));
    if (text !== undefined) found.push(describeDifference(item, text));
  });
  return found;
}

describe("integer instructions against a real processor", () => {
  const native = buildNativeOracle();
  afterAll(() => native?.close());

  test("form names, which seed the cases, are unique", () => {
    expect(new Set(FORMS.map((form) => form.name)).size).toBe(FORMS.length);
  });

  test("recorded results", () => {
    const cases = recordedCases();
    const found = compare(cases, unpackVectors(readFileSync(VECTORS_FILE), cases));
    expect(found.slice(0, SHOWN)).toEqual([]);
  });

  test.skipIf(native === undefined)("live, on the processor that runs this test", () => {
    const cases = makeCases(LIVE_CASES);
    const results = native!.run(cases);
    // An old processor may lack BMI, ADX or MOVBE, which the simulated one has.
    const known = cases.filter((_, n) => results[n]!.vector !== INVALID_OPCODE);
    const found = compare(
      known,
      results.filter((result) => result.vector !== INVALID_OPCODE),
    );
    expect(found.slice(0, SHOWN)).toEqual([]);
  });
});
