import { expect, test } from "vitest";
import { createLab } from "../src/index.ts";

// The models that have sub-page write permissions, with and without advanced exit information; most have neither.
test.each(["sapphire-rapids", "bochs-icelake-u"])("on %s an L2 has of `ideal` what it has of silicon", (cpu) => {
  const [metal, ideal] = createLab().diff({ scenario: "guest-views" }, ["metal", "ideal"], { cpu }).columns;
  expect(metal!.verdicts.filter(({ value }) => value.startsWith("SKIP"))).toEqual([]);
  expect(ideal!.outcome).toEqual(metal!.outcome);
  expect(ideal!.verdicts).toEqual(metal!.verdicts);
  expect(ideal!.differences).toEqual([]);
});
