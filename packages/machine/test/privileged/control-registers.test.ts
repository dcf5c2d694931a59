import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { linesOnMetal } from "../../../../test/case-guest.ts";
import { hasBochs, linesUnderBochs } from "../../../../test/under-bochs.ts";
import { agreesWithBochs } from "./bochs-differences.ts";
import { caseModule } from "./case-module.ts";
import { compareRecords } from "./case-record.ts";
import { CONTROL_FORMS } from "./control-forms.ts";
import { PRIVILEGED } from "./guest.ts";

const RECORDED = new URL("bochs-2.7.txt", import.meta.url);
const RECORDED_CASES = 60;
/** HVDIFF_PRIVILEGED_CASES=200 runs that many cases of each form here and under Bochs. */
const liveCases = Number(process.env["HVDIFF_PRIVILEGED_CASES"] ?? 0);
const forms = [...CONTROL_FORMS.keys()];

function differences(lines: readonly string[], module: Uint8Array, count: number) {
  const ours = linesOnMetal(PRIVILEGED, module);
  expect(ours).toHaveLength(forms.length * count + 1);
  expect(lines).toHaveLength(ours.length);
  const formOf = (index: number): string => forms[Math.floor((index - 1) / count)]!;
  return compareRecords(ours, lines, module, { formOf, judge: agreesWithBochs });
}

test("INVPCID and changes of mode by control registers do what Bochs recorded", () => {
  const module = caseModule(forms, RECORDED_CASES);
  if (liveCases > 0 && !existsSync(RECORDED))
    writeFileSync(RECORDED, `${linesUnderBochs(PRIVILEGED, module).join("\n")}\n`);
  const recorded = readFileSync(RECORDED, "utf8").trimEnd().split("\n");
  expect(differences(recorded, module, RECORDED_CASES).different).toEqual([]);
});

test.runIf(liveCases > 0 && hasBochs())(
  "they do under Bochs now what they do here",
  () => {
    const module = caseModule(forms, liveCases);
    const { different, explained } = differences(linesUnderBochs(PRIVILEGED, module), module, liveCases);
    console.log(
      `${forms.length} forms, ${liveCases} cases each: ${explained} explained, ${different.length} unexplained`,
    );
    expect(different).toEqual([]);
  },
  300_000,
);
