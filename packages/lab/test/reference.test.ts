import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exitMultiplication } from "../scripts/exit-multiplication.ts";
import { quirkCatalogue } from "../scripts/quirk-catalogue.ts";

test.each([
  ["reference/quirks.md", quirkCatalogue],
  ["images/exit-multiplication.svg", exitMultiplication],
])("docs/%s is what generate-reference.ts writes", (path, generated) => {
  const page = readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8");
  expect(page === generated(), "out of date: run packages/lab/scripts/generate-reference.ts").toBe(true);
});
