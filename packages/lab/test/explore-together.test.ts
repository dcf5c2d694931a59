import { expect, test } from "vitest";
import {
  createLab,
  type ExploreOptions,
  type Guest,
  type PartResult,
  type SearchHelper,
  type SearchPart,
} from "../src/index.ts";

const lab = createLab();
const COLUMN = "kvm@6.6+virtualbox-kvm@20240502";
const WRITES = "+virtualbox-kvm/registers/writes-back-unmodified-cr4";
const GUEST = { scenario: "cr4-loop" };
/** One who answers late, and the later the earlier the part is. */
function lateHelper(
  guest: Guest,
  column: string,
  options: ExploreOptions,
): { helper: SearchHelper; answered: number[] } {
  const search = lab.searchParts(guest, column, options);
  const answered: number[] = [];
  const wait = (turns: number): Promise<void> =>
    turns === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(wait(turns - 1))));
  return {
    answered,
    helper: {
      ready: Promise.resolve(),
      search: async (part: SearchPart): Promise<PartResult> => {
        const result = search(part);
        answered.push(part.part);
        await wait(40 - part.part);
        return result;
      },
    },
  };
}

test("a search by three comes to the same as one by one alone", { timeout: 300_000 }, async () => {
  const options: ExploreOptions = { quirks: [WRITES], tree: true };
  const team = [0, 1].map(() => lateHelper(GUEST, COLUMN, options));
  const together = await lab.exploreTogether(GUEST, COLUMN, options, {
    others: team.map(({ helper }) => helper),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  expect(together.finding).not.toBeNull();
  expect(together).toEqual(lab.explore(GUEST, COLUMN, options));
  for (const { answered } of team) expect(answered.length).toBeGreaterThan(0);
});

test("what a part comes to does not depend on what was searched before", { timeout: 120_000 }, () => {
  const [one, other] = [0, 1].map(() => lab.searchParts(GUEST, COLUMN, { quirks: [WRITES] }));
  const [early, late] = [
    { depth: 1, part: 3 },
    { depth: 1, part: 30 },
  ];
  const first = [one!(early), one!(late)];
  expect([other!(late), other!(early)]).toEqual(first.reverse());
});
