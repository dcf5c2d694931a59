import type { MatrixResult, ScenarioResult } from "@hvdiff/lab";
import { isDifferent } from "@hvdiff/query";
import type { MatrixGroup, MatrixSort } from "../route.ts";

type Row = MatrixResult["rows"][number];

const ALPHABET = new Intl.Collator("en");

/** Scenarios under a heading. */
export interface RowGroup {
  /** Empty where nothing is grouped. */
  readonly heading: string;
  readonly scenarios: readonly ScenarioResult[];
}

/** The scenarios in the order in which they are shown, and under which headings. Rows not known yet keep their place. */
export function orderRows(
  scenarios: readonly ScenarioResult[],
  known: ReadonlyMap<string, Row>,
  how: { readonly group: MatrixGroup; readonly sort: MatrixSort },
): RowGroup[] {
  const sorted = sortedBy(scenarios, known, how.sort);
  if (how.group === "none") return [{ heading: "", scenarios: sorted }];
  const groups = new Map<string, ScenarioResult[]>();
  for (const scenario of sorted) {
    const heading = headingOf(scenario, how.group);
    groups.set(heading, [...(groups.get(heading) ?? []), scenario]);
  }
  return [...groups]
    .sort(([one], [other]) => ALPHABET.compare(one, other))
    .map(([heading, members]) => ({ heading, scenarios: members }));
}

function sortedBy(
  scenarios: readonly ScenarioResult[],
  known: ReadonlyMap<string, Row>,
  sort: MatrixSort,
): ScenarioResult[] {
  if (sort === "name") return [...scenarios].sort((one, other) => ALPHABET.compare(one.id, other.id));
  if (sort === "given") return [...scenarios];
  return scenarios
    .map((scenario) => ({ scenario, weight: weightOf(known.get(scenario.id)) }))
    .sort((one, other) => other.weight - one.weight)
    .map(({ scenario }) => scenario);
}

/** Columns that differ, then verdicts that do. */
function weightOf(row: Row | undefined): number {
  if (row === undefined) return -1;
  const columns = row.cells.filter((cell) => isDifferent(cell, row)).length;
  return columns * 1e6 + row.cells.reduce((sum, cell) => sum + cell.differing, 0);
}

const isSeed = (tag: string) => /^S\d+$/.test(tag);

function headingOf({ needs, tags }: ScenarioResult, group: MatrixGroup): string {
  if (group === "vendor") {
    if (needs.length === 0) return "Any processor";
    return needs.some((need) => need === "svm" || need === "npt") ? "AMD (SVM)" : "Intel (VMX)";
  }
  if (group === "seed") return tags.filter(isSeed).join(", ") || "No seed";
  return tags.find((tag) => !isSeed(tag)) ?? "No topic";
}
