import { describe, expect, test } from "vitest";
import { PERSONALITIES } from "../src/products.ts";
import { Exerciser } from "./exercise.ts";

/*
 * A quirk that no bundled guest notices on any processor of ours is dead data. Differences that nobody here can observe are listed in
 * docs/reference/not-observable.md instead.
 */
const exerciser = new Exerciser();

describe.each(PERSONALITIES.map((personality) => [personality.product, personality] as const))(
  "%s",
  (_, personality) => {
    test("each quirk, switched off, changes what a bundled guest sees", { timeout: 300_000 }, () => {
      // What userspace does to registers and what becomes of events shows only under a schedule: explore.test.ts, races.test.ts.
      const quirks = personality.quirks.filter(
        ({ policy }) => policy?.userspace === undefined && policy?.events === undefined,
      );
      const unexercised = quirks.filter((quirk) => exerciser.find(quirk, personality) === null);
      expect(unexercised.map(({ id }) => id)).toEqual([]);
    });
  },
);
