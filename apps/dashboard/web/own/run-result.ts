import type { ColumnResult, DiffResult } from "@hvdiff/lab";
import type { RunState } from "../api.ts";
import { count } from "../count.ts";
import { type Child, h } from "../element.ts";
import { causeChips } from "../parts/cause-chip.ts";
import { causePanel, type Explained } from "../parts/cause-panel.ts";
import { columnName } from "../parts/column-name.ts";
import { comparisonOf, formatRoute } from "../route.ts";

const HEADINGS = ["Column", "Outcome", "Compared with the reference", "Causes"];

/** What came of a guest in each column, with the way to the traces. */
export function runResult({ request }: RunState, result: DiffResult): HTMLElement {
  const linkTo = (column: ColumnResult) =>
    formatRoute(
      comparisonOf({
        scenario: "artefact" in request.guest ? `sha256:${request.guest.artefact}` : request.guest.scenario,
        left: result.reference,
        right: column.column,
        cpu: request.options.cpu ?? null,
      }),
    );
  return h(
    "section",
    { class: "run-result", "aria-labelledby": "run-title" },
    h("div", { class: "section-head" }, h("h2", { id: "run-title" }, result.guest.title), sameWords(result)),
    h(
      "div",
      { class: "over-causes" },
      h(
        "div",
        { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Columns" },
        h(
          "table",
          { class: "run-table cards" },
          h("thead", {}, h("tr", {}, ...HEADINGS.map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, ...result.columns.map((column, index) => row(column, index === 0 ? null : linkTo(column)))),
        ),
      ),
      causePanel(result.columns.flatMap(explainedIn)),
    ),
    serialOutput(result),
  );
}

function sameWords({ different, columns }: DiffResult): HTMLElement {
  const words = different ? "There are differences" : `All ${count(columns.length, "column")} show the guest the same`;
  return h("span", { class: "quiet", role: "status" }, words);
}

function row(column: ColumnResult, link: string | null): HTMLElement {
  const cell = (label: string, ...children: Child[]) => h("td", { "data-label": label }, h("div", {}, ...children));
  return h(
    "tr",
    { class: isDifferent(column) ? "differs" : "same" },
    h("th", { scope: "row" }, columnName(column.column)),
    cell("Outcome", column.outcome.text),
    cell(HEADINGS[2]!, link === null ? "is the reference" : differenceLink(column, link)),
    cell("Causes", ...causesOf(column)),
  );
}

function isDifferent({ differences, firstDivergence }: ColumnResult): boolean {
  return differences.length > 0 || firstDivergence !== null;
}

function differenceLink(column: ColumnResult, href: string): HTMLElement {
  const { differences, firstDivergence } = column;
  const words = [
    differences.length === 0 ? null : `${count(differences.length, "verdict")} differ`,
    firstDivergence === null ? null : `traces part at row ${firstDivergence.row + 1}`,
  ].filter((part) => part !== null);
  return h("a", { href }, words.length === 0 ? "the same" : words.join(", "));
}

function causesOf(column: ColumnResult): Child[] {
  const seen = new Set<string>();
  return explainedIn(column).flatMap(({ cause }) => {
    const key = cause.kind === "quirks" ? cause.quirks.map(({ id }) => id).join() : "";
    if (seen.has(key)) return [];
    seen.add(key);
    return [causeChips(cause, `${column.column}-${key}`)];
  });
}

function explainedIn({ column, differences, firstDivergence }: ColumnResult): Explained[] {
  const verdicts = differences.map(({ verdict, cause }) => ({ subject: `${column}: ${verdict}`, cause }));
  if (firstDivergence === null) return verdicts;
  return [...verdicts, { subject: `${column}: trace`, cause: firstDivergence.cause }];
}

function serialOutput({ columns }: DiffResult): HTMLElement {
  return h(
    "details",
    { class: "serial" },
    h("summary", {}, "Serial output"),
    ...columns.map(({ column, serial }) =>
      h(
        "section",
        {},
        h("h3", {}, column),
        h("pre", { class: "mono", tabindex: 0 }, serial === "" ? "(nothing)" : serial.slice(0, 20_000)),
      ),
    ),
  );
}
