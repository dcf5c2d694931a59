import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { describeDifference, difference } from "./compare.ts";
import type { Form, JudgedCase } from "./form.ts";
import { FORM_GROUPS } from "./forms/index.ts";
import type { NativeResult } from "./native-case.ts";
import { buildNativeOracle, type NativeOracle } from "./native-oracle.ts";
import { makeCases, recordedCases, vectorsFile } from "./recorded.ts";
import { SimulatedOracle } from "./simulated-oracle.ts";
import { unpackVectors } from "./vectors.ts";

/* By hand, as deep as wanted: docs/how-to/compare-with-a-real-processor.md. */
const { HVDIFF_NATIVE_CASES } = process.env;
/** Cases per form. */
const LIVE_CASES = Number(HVDIFF_NATIVE_CASES ?? 6);
const RECORDED_SAMPLE = 7;
const FORMS_AT_ONCE = 100;
const SHOWN = 20;
const INVALID_OPCODE = 6;
const TIMEOUT = 60_000 + 5_000 * LIVE_CASES;

const GROUPS = Object.entries(FORM_GROUPS);

function compare(
  simulated: SimulatedOracle,
  cases: readonly JudgedCase[],
  expected: readonly NativeResult[],
): string[] {
  const found: string[] = [];
  cases.forEach((item, n) => {
    const text = difference(item, expected[n]!, simulated.run(item));
    if (text !== undefined) found.push(describeDifference(item, text));
  });
  return found;
}

function compareLive(native: NativeOracle, forms: readonly Form[]): string[] {
  const simulated = new SimulatedOracle();
  const found: string[] = [];
  for (let at = 0; at < forms.length; at += FORMS_AT_ONCE) {
    const cases = makeCases(forms.slice(at, at + FORMS_AT_ONCE), LIVE_CASES);
    const results = native.run(cases);
    // An old processor may lack BMI, ADX or MOVBE, which the simulated one has.
    const isKnown = (n: number) => cases[n]!.undefinedOpcode || results[n]!.vector !== INVALID_OPCODE;
    const known = cases.filter((_, n) => isKnown(n));
    const expected = results.filter((_, n) => isKnown(n));
    found.push(...compare(simulated, known, expected));
  }
  return found;
}

describe("instructions against a real processor", () => {
  const native = buildNativeOracle();
  afterAll(() => native?.close());

  test("form names, which seed the cases, are unique", () => {
    const forms = Object.values(FORM_GROUPS).flat();
    expect(new Set(forms.map((form) => form.name)).size).toBe(forms.length);
  });

  test.each(GROUPS)("recorded results: %s", (group, forms) => {
    const cases = recordedCases(forms);
    const results = unpackVectors(readFileSync(vectorsFile(group)), cases);
    // Where the processor itself can be asked about these cases, a few of them show that the recording can be read.
    const isTried = (n: number) => native === undefined || n % RECORDED_SAMPLE === 0;
    const tried = cases.filter((_, n) => isTried(n));
    const expected = results.filter((_, n) => isTried(n));
    expect(compare(new SimulatedOracle(), tried, expected).slice(0, SHOWN)).toEqual([]);
  });

  test.skipIf(native === undefined).each(GROUPS)(
    "live, on the processor that runs this test: %s",
    (_, forms) => {
      expect(compareLive(native!, forms).slice(0, SHOWN)).toEqual([]);
    },
    TIMEOUT,
  );
});
