import type { DiffResult, MatrixResult } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { runForTest } from "./run-for-test.ts";

async function scenariosFor(filter: string): Promise<string[]> {
  const argv = ["overview", "--on", "metal,kvm@6.1,ideal", "--format", "json", "--filter", filter];
  const result = JSON.parse((await runForTest(argv)).stdout) as MatrixResult;
  return result.rows.map(({ scenario }) => scenario.id);
}

test.each([
  ["is:different", ["capabilities", "xsaves-control"]],
  ["is:same", []],
  ["needs:vmx kvm:!metal", ["xsaves-control"]],
  ["scenario:cap*", ["capabilities"]],
  ["ideal:!metal", []],
])("overview --filter %s keeps %j", async (filter, expected) => {
  expect(await scenariosFor(filter)).toEqual(expected);
});

test("diff --filter keeps the reference and the columns that fit, and the exit code is about these", async () => {
  const line = "diff xsaves-control --on metal,kvm@6.1,ideal --format json --filter";
  const columnsOf = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout) as DiffResult).columns.map(({ column }) => column);
  const different = await runForTest([...line.split(" "), "is:different"]);
  expect([different.code, ...columnsOf(different)]).toEqual([1, "metal", "kvm@6.1"]);
  const same = await runForTest([...line.split(" "), "is:same"]);
  expect([same.code, ...columnsOf(same)]).toEqual([0, "metal", "ideal"]);
});
