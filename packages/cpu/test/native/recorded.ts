import { fileURLToPath } from "node:url";
import { type Form, type JudgedCase, makeCase } from "./form.ts";

/** Cases of each form in a recording: fewer where they carry extended state, which is large. */
const RECORDED_CASES = 5;
const RECORDED_EXTENDED_CASES = 2;

/** Where the recording of a group of forms lies. */
export function vectorsFile(group: string): string {
  return fileURLToPath(new URL(`./vectors/${group}.bin`, import.meta.url));
}

/** The first `count` cases of every form. */
export function makeCases(forms: readonly Form[], count: number): JudgedCase[] {
  return forms.flatMap((form) => Array.from({ length: count }, (_, n) => makeCase(form, n)));
}

/** The cases whose results a recording holds. */
export function recordedCases(forms: readonly Form[]): JudgedCase[] {
  return forms.flatMap((form) => {
    const cases = makeCases([form], RECORDED_CASES);
    return cases.some((item) => item.extended !== undefined) ? cases.slice(0, RECORDED_EXTENDED_CASES) : cases;
  });
}
