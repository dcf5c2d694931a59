import type { MatrixCell, MatrixResult, ScenarioResult } from "@hvdiff/lab";
import { expect, test } from "vitest";
import type { MatrixGroup } from "../route.ts";
import { orderRows } from "./row-order.ts";

function scenario(id: string, needs: string[], tags: string[]): ScenarioResult {
  return { id, title: id, summary: "", needs, tags, manual: [] };
}

const SCENARIOS = [
  scenario("zulu", ["vmx"], ["S1", "xsave"]),
  scenario("alpha", ["svm"], ["S1", "S2", "npt"]),
  scenario("mike", [], []),
];

function row(of: ScenarioResult, differing: readonly number[]): MatrixResult["rows"][number] {
  const cells = differing.map(
    (count) => ({ differing: count, signature: String(count), unattributed: 0 }) as MatrixCell,
  );
  return { scenario: of, cells };
}

const KNOWN = new Map([
  ["zulu", row(SCENARIOS[0]!, [0, 9, 0])],
  ["alpha", row(SCENARIOS[1]!, [0, 1, 1])],
]);

function idsOf(group: MatrixGroup, sort: "given" | "name" | "differences"): string[] {
  return orderRows(SCENARIOS, KNOWN, { group, sort }).map(
    ({ heading, scenarios }) => `${heading}: ${scenarios.map(({ id }) => id).join(" ")}`,
  );
}

test("rows are sorted as given, by name, or by how many columns differ; unknown ones come last", () => {
  expect(idsOf("none", "given")).toEqual([": zulu alpha mike"]);
  expect(idsOf("none", "name")).toEqual([": alpha mike zulu"]);
  expect(idsOf("none", "differences")).toEqual([": alpha zulu mike"]);
});

test("rows are grouped by whose processor, topic or seed they are about", () => {
  expect(idsOf("vendor", "given")).toEqual(["AMD (SVM): alpha", "Any processor: mike", "Intel (VMX): zulu"]);
  expect(idsOf("topic", "given")).toEqual(["No topic: mike", "npt: alpha", "xsave: zulu"]);
  expect(idsOf("seed", "given")).toEqual(["No seed: mike", "S1: zulu", "S1, S2: alpha"]);
});
