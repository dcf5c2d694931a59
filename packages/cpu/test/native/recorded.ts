import { fileURLToPath } from "node:url";
import { type JudgedCase, makeCase } from "./form.ts";
import { FORMS } from "./forms/index.ts";

/** Cases of each form in the recording. */
const RECORDED_CASES = 5;

export const VECTORS_FILE = fileURLToPath(new URL("./vectors.bin", import.meta.url));

/** The first `count` cases of every form. */
export function makeCases(count: number, from = 0): JudgedCase[] {
  return FORMS.flatMap((form) => Array.from({ length: count }, (_, n) => makeCase(form, from + n)));
}

/** The cases whose results `vectors.bin` holds. */
export function recordedCases(): JudgedCase[] {
  return makeCases(RECORDED_CASES);
}
