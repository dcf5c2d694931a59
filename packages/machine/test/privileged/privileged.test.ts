import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { linesOnMetal, linesUnderQemu } from "../../../../test/case-guest.ts";
import { PRIVILEGED_FORMS } from "./case-forms.ts";
import { caseModule } from "./case-module.ts";
import { compareRecords } from "./case-record.ts";
import { agrees } from "./explained-differences.ts";
import { PRIVILEGED, QEMU_MILLISECONDS } from "./guest.ts";

const RECORDED = new URL("qemu-7.2.txt", import.meta.url);
const RECORDED_CASES = 12;
/** HVDIFF_PRIVILEGED_CASES=200 runs that many cases of each form here and under QEMU. */
const liveCases = Number(process.env["HVDIFF_PRIVILEGED_CASES"] ?? 0);
const forms = [...PRIVILEGED_FORMS.keys()];

test("privileged instructions do what QEMU recorded, or what the manual says instead", () => {
  const module = caseModule(forms, RECORDED_CASES);
  if (liveCases > 0 && !existsSync(RECORDED))
    writeFileSync(RECORDED, `${linesUnderQemu(PRIVILEGED, module, QEMU_MILLISECONDS).join("\n")}\n`);
  const recorded = readFileSync(RECORDED, "utf8").trimEnd().split("\n");
  const ours = linesOnMetal(PRIVILEGED, module);
  expect(ours).toHaveLength(forms.length * RECORDED_CASES + 1);
  expect(recorded).toHaveLength(ours.length);
  const formOf = (index: number): string => forms[Math.floor((index - 1) / RECORDED_CASES)]!;
  expect(compareRecords(ours, recorded, module, { formOf, judge: agrees }).different).toEqual([]);
});

test.runIf(liveCases > 0).each(forms)("%s does under QEMU now what it does here", (form) => {
  const module = caseModule([form], liveCases);
  const ours = linesOnMetal(PRIVILEGED, module);
  const { different, explained } = compareRecords(ours, linesUnderQemu(PRIVILEGED, module, QEMU_MILLISECONDS), module, {
    formOf: () => form,
    judge: agrees,
  });
  console.log(`${form}: ${ours.length - 1} cases, ${explained} explained, ${different.length} unexplained`);
  expect(ours).toHaveLength(liveCases + 1);
  expect(different).toEqual([]);
});
