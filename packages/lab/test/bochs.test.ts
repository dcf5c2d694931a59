import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SCENARIOS } from "@hvdiff/guests";
import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";
import { parseVerdicts } from "../src/verdicts/parse-verdicts.ts";

/** An entry of `differences.json`: where Bochs's recorded output is not ours, and why. `docs/bochs-differences.md` is for people. */
interface Difference {
  readonly image: string;
  readonly verdict: string;
  readonly models: readonly string[];
  readonly bochs: string;
  /** What the manual asks for, or one of the answers it allows: what metal prints. */
  readonly manual: string;
  /** The manual leaves both answers open. */
  readonly bochsIsAllowed?: boolean;
  readonly why: string;
  readonly sdm: string;
}

/** Bochs's models and ours that are made from what they print. */
const MODELS = [
  { bochs: "corei7_icelake_u", cpu: "bochs-icelake-u" },
  { bochs: "corei5_lynnfield_750", cpu: "bochs-lynnfield" },
] as const;

const captures = new URL("../../guests/captures/", import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, captures)), "utf8");
const differences: readonly Difference[] = JSON.parse(read("differences.json"));
const lab = createLab();

/** What Bochs printed for an image. */
function recordedVerdicts(model: string, image: string) {
  const serial = read(`bochs-2.7-${model}/${image}.log`);
  return parseVerdicts(serial, { exitCode: 0, text: "exit 0", truncated: false }).verdicts;
}

/** Bochs's BIOS locks IA32_FEATURE_CONTROL with VMX on, as the profile `seabios` does: both print msr.3a = 5. */
function metalVerdicts(scenario: string, cpu: string) {
  return lab.diff({ scenario }, ["metal"], { cpu, firmware: "seabios" }).columns[0]!.verdicts;
}

/** With its four processors, three of them nowhere, Bochs does not come to an end within any reasonable time. */
const NOT_CAPTURED = ["astray"];
/** The captures are of models of Intel's. */
const CAPTURED = SCENARIOS.filter(({ needs, id }) => !needs.includes("svm") && !NOT_CAPTURED.includes(id)).map(
  ({ id }) => id,
);

describe.each(MODELS)("$bochs", ({ bochs, cpu }) => {
  test.each(CAPTURED)("%s prints on metal what Bochs printed, or the difference is explained", (id) => {
    const recorded = recordedVerdicts(bochs, id);
    const explained = new Map(
      differences
        .filter(({ image, models }) => image === id && models.includes(bochs))
        .map((difference) => [difference.verdict, difference]),
    );
    const expected = recorded.map((verdict) => ({
      ...verdict,
      value: explained.get(verdict.id)?.manual ?? verdict.value,
    }));
    expect(metalVerdicts(id, cpu)).toEqual(expected);
  });
});

test("every explanation names a verdict that Bochs printed so, once", () => {
  const seen = new Set<string>();
  for (const { image, verdict, models, bochs, manual } of differences) {
    expect(manual, `${image} ${verdict}`).not.toBe(bochs);
    for (const model of models) {
      const key = `${model} ${image} ${verdict}`;
      expect(seen.has(key), key).toBe(false);
      seen.add(key);
      const printed = recordedVerdicts(model, image).find(({ id }) => id === verdict);
      expect(printed?.value, key).toBe(bochs);
    }
  }
});

test("the page lists every explained difference with the manual's title", () => {
  const page = readFileSync(fileURLToPath(new URL("../../../docs/bochs-differences.md", import.meta.url)), "utf8");
  for (const { verdict, sdm } of differences) {
    expect(page).toContain(`\`${verdict}\``);
    expect(page).toContain(sdm);
  }
});
