import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { quirkCatalogue } from "../scripts/quirk-catalogue.ts";

test("docs/reference/quirks.md is what generate-reference.ts writes", () => {
  const page = readFileSync(new URL("../../../docs/reference/quirks.md", import.meta.url), "utf8");
  expect(page === quirkCatalogue(), "out of date: run packages/lab/scripts/generate-reference.ts").toBe(true);
});
