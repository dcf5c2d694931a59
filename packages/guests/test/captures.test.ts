import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SCENARIOS } from "../src/index.ts";

interface Difference {
  readonly image: string;
  readonly verdict: string;
  readonly models: readonly string[];
  readonly bochs: string;
  readonly manual: string;
  readonly why: string;
  readonly sdm: string;
}

/** Bochs does not come to an end with these within any reasonable time. */
const NOT_CAPTURED = ["astray"];
/** The captures are of Bochs with models of Intel's. */
const CAPTURED = SCENARIOS.filter(({ needs, id }) => !needs.includes("svm") && !NOT_CAPTURED.includes(id));
const captures = fileURLToPath(new URL("../captures", import.meta.url));
const folders = readdirSync(captures).filter((name) => name.startsWith("bochs-"));
const differences: readonly Difference[] = JSON.parse(readFileSync(join(captures, "differences.json"), "utf8"));

const linesOf = (folder: string, id: string) =>
  readFileSync(join(captures, folder, `${id}.log`), "latin1")
    .trimEnd()
    .split("\n");

const verdictsOf = (lines: readonly string[]) =>
  lines.flatMap((line) => {
    const [, id, value] = /^verdict ([a-z0-9.-]+) = (.+)$/.exec(line) ?? [];
    return id !== undefined && value !== undefined ? [[id, value] as const] : [];
  });

describe.each(folders)("%s", (folder) => {
  test.each(CAPTURED.map(({ id }) => id))("%s ran to its end", (id) => {
    const lines = linesOf(folder, id);
    expect(lines[0]).toBe(`hvdiff guest ${id}`);
    expect(lines.at(-1)).toBe("done");
    expect(lines.filter((line) => line.startsWith("verdict "))).toHaveLength(verdictsOf(lines).length);
  });

  test.each(CAPTURED)("$id printed the verdicts its metadata names", ({ id, expect: expected }) => {
    expect(verdictsOf(linesOf(folder, id)).map(([verdict]) => verdict)).toEqual(expected);
  });
});

test("every known difference between Bochs and the manual is in the captures", () => {
  for (const difference of differences) {
    for (const model of difference.models) {
      const verdicts = new Map(verdictsOf(linesOf(`bochs-2.7-${model}`, difference.image)));
      expect(verdicts.get(difference.verdict), `${difference.image} ${difference.verdict}`).toBe(difference.bochs);
    }
    expect(difference.manual).not.toBe(difference.bochs);
    expect(difference.sdm).toMatch(/^\d[A-D] "[^"]+"$/);
  }
});
