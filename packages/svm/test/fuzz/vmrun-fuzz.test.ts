import { expect, test } from "vitest";
import { VMRUN_CHECKS } from "../../src/entry/vmrun-checks.ts";
import { fuzzVmruns } from "./vmrun-fuzz.ts";

const CASES = 700;

test("some VMRUNs with nearly valid VMCBs come out the same twice, fail at every check and enter as well", () => {
  const verdicts = () => [...fuzzVmruns(1, CASES)].map(({ verdict }) => verdict);
  const first = verdicts();
  expect(verdicts()).toEqual(first);
  const failed = new Set(first.flatMap((verdict) => /^failed (\S+)/.exec(verdict)?.[1] ?? []));
  expect([...failed].sort()).toEqual(VMRUN_CHECKS.map(({ id }) => id).sort());
  expect(first.filter((verdict) => verdict.startsWith("entered")).length).toBeGreaterThan(CASES / 3);
});
