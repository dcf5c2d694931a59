import { expect, test } from "vitest";
import { createLab, type Guest, type PairHelper } from "../src/index.ts";
import { joinCells, joinRows, pairsOf, shared } from "../src/pairs.ts";

const lab = createLab();
const COLUMNS = ["metal", "kvm@6.1", "virtualbox@7.0", "vmware@17"];

/** One who answers after some turns. */
function helper(guest: Guest, turns: number): PairHelper {
  const late = async <Result>(result: Result): Promise<Result> => {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    return result;
  };
  return {
    diff: (columns) => late(lab.diff(guest, columns)),
    matrixRow: (scenario, columns) => late(lab.matrixRow(scenario, columns)),
  };
}

test.each(["plain-cpuid", "halted-entry"])("%s compared by three is as compared by one", async (scenario) => {
  const guest = { scenario };
  const helpers = [helper(guest, 9), helper(guest, 2), helper(guest, 0)];
  expect(await lab.diffTogether(COLUMNS, helpers)).toEqual(lab.diff(guest, COLUMNS));
});

test.each([1, 2])("rows are the same from pairs of columns, with %i helpers", async (count) => {
  const scenarios = ["plain-cpuid", "npt-1g"];
  const helpers = Array.from({ length: count }, (_, at) => helper({ scenario: "plain-cpuid" }, 3 * at));
  const rows = scenarios.map(async (id) =>
    joinCells(
      await shared(
        pairsOf(COLUMNS),
        helpers,
        (one, pair) => one.matrixRow(id, pair),
        () => {},
      ),
    ),
  );
  const whole = scenarios.map((id) => lab.matrixRow(id, COLUMNS));
  expect(await Promise.all(rows)).toEqual(whole);
  // Scenarios about SVM run on a processor that has it.
  expect(joinRows(whole).rows.map(({ cpu }) => cpu)).toEqual([undefined, "zen2"]);
});

test("a column alone is compared with nothing", async () => {
  const guest = { scenario: "plain-cpuid" };
  expect(await lab.diffTogether(["metal"], [helper(guest, 1)])).toEqual(lab.diff(guest, ["metal"]));
});

test("what one of several cannot do fails for all", async () => {
  const columns = ["metal", "kvm@6.1", "kvm@1.0-nonsense"];
  const guest = { scenario: "plain-cpuid" };
  const failing: PairHelper = { ...helper(guest, 1), diff: async (pair) => lab.diff(guest, pair) };
  await expect(lab.diffTogether(columns, [helper(guest, 1), failing])).rejects.toThrow("kvm@1.0-nonsense");
});
