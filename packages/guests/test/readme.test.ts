import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const example = readFileSync(new URL("../examples/what-is-bundled.ts", import.meta.url), "utf8");

test("the README has the five headings of every package", () => {
  const headings = [...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(headings).toEqual(["Purpose", "Owns / does not own", "Example", "Extending", "API"]);
});

test("the README shows the example as it is, and the example prints what the README says", async () => {
  expect(readme).toContain(example.trim());
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...words) => void lines.push(words.join(" ")));
  await import("../examples/what-is-bundled.ts");
  log.mockRestore();
  expect(readme).toContain(lines.join("\n"));
});
