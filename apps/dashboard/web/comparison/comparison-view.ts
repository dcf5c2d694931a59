import type { CompareResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { causeChips } from "../parts/cause-chip.ts";
import { causePanel, type Explained } from "../parts/cause-panel.ts";
import { type CompareRoute, formatRoute } from "../route.ts";
import { saveFile } from "../save-file.ts";
import type { View, ViewContext } from "../view.ts";
import { columnCards } from "./column-cards.ts";
import { type Compared, comparisonControls } from "./comparison-controls.ts";
import { countersPanel } from "./counters-panel.ts";
import { otherColumn } from "./other-columns.ts";
import { timelinePanel } from "./timeline-panel.ts";
import { loadCode } from "./trace-code.ts";
import { createTraceView, type TraceView } from "./trace-view.ts";
import { verdictTable } from "./verdict-table.ts";

/** One scenario in two columns: which verdicts differ and why, and where the traces part. */
export function comparisonView(route: CompareRoute, context: ViewContext): View {
  const compared = withDefaults(route, context);
  let trace: TraceView | null = null;
  let exported = () => {};
  let here = compared;
  const oncode = (code: boolean) => context.go({ ...here, code }, { replace: true });
  const load = async () => {
    const [result, shown, ...others] = await Promise.all([
      context.api.compare(compared),
      compared.code ? loadCode(context.api, compared) : null,
      ...compared.others.map((right) => context.api.compare({ ...compared, right })),
    ]);
    exported = () => saveComparison(result);
    trace = createTraceView(result.rows, {
      others: others.map(otherColumn),
      left: result.left.column,
      right: result.right.column,
      row: compared.row,
      code: shown?.code ?? null,
      oncode,
      onrow: (row) => {
        here = { ...compared, row };
        context.note(here);
      },
    });
    return drawn(result, { compared, context, trace, refusals: shown?.refusals ?? [] });
  };
  return {
    title: `${compared.scenario}: ${compared.left} and ${compared.right}`,
    controls: comparisonControls(compared, context),
    load: load(),
    onShown: () => trace?.settle(),
    keys: {
      n: () => trace?.nextDifference(),
      p: () => trace?.previousDifference(),
      j: () => trace?.nextRow(),
      k: () => trace?.previousRow(),
      "/": () => trace?.find(),
      e: () => exported(),
      i: () => oncode(!compared.code),
    },
  };
}

function withDefaults(route: CompareRoute, { choices, scenarios }: ViewContext): Compared {
  const left = route.left ?? choices.defaults[0] ?? "metal";
  const product = choices.defaults.find((column) => column !== left && column !== "ideal");
  return {
    ...route,
    scenario: route.scenario ?? scenarios[0]?.id ?? "",
    left,
    right: route.right ?? product ?? left,
  };
}

function drawn(
  result: CompareResult,
  drawing: { compared: Compared; context: ViewContext; trace: TraceView; refusals: readonly string[] },
): HTMLElement {
  const { compared, context, trace, refusals } = drawing;
  return h(
    "div",
    { class: "comparison" },
    columnCards(result.left, result.right),
    h(
      "div",
      { class: "with-causes" },
      h(
        "div",
        { class: "findings" },
        verdictTable(result, {
          all: compared.all,
          onall: (all) => context.go({ ...compared, all }, { replace: true }),
        }),
        divergenceNote(result),
        structuresLink(compared),
        refusals.map((why) => h("p", { class: "quiet", role: "status" }, `No instructions: ${why}.`)),
        trace.element,
        timelinePanel(result.right, result.rows, (row) => trace.look(row)),
        countersPanel(result.left, result.right),
      ),
      causePanel(explainedBy(result), {
        withoutQuirk: (quirk) => formatRoute({ ...compared, row: null, quirks: withoutQuirk(compared.quirks, quirk) }),
      }),
    ),
  );
}

/** The whole comparison as JSON, as the API gives it. */
function saveComparison(result: CompareResult): void {
  saveFile(`${result.guest.id}.comparison.json`, "application/json", JSON.stringify(result));
}

/** The same run with the control structures of its L0. */
function structuresLink({ scenario, right, cpu, quirks, schedule }: Compared): HTMLElement | null {
  if (right === "metal") return null;
  const moment = { vcpu: 0, at: null, find: null, field: null, bit: null, all: false };
  const route = { view: "structures", scenario, column: right, cpu, quirks, schedule, ...moment } as const;
  return h("p", {}, h("a", { href: formatRoute(route) }, `Control structures of ${right}`));
}

function withoutQuirk(quirks: readonly string[], quirk: string): string[] {
  return [...quirks.filter((other) => other.slice(1) !== quirk), `-${quirk}`];
}

function explainedBy({ right }: CompareResult): Explained[] {
  const verdicts = right.differences.map(({ verdict, cause }) => ({ subject: verdict, cause }));
  if (right.firstDivergence === null) return verdicts;
  return [...verdicts, { subject: `trace, row ${right.firstDivergence.row + 1}`, cause: right.firstDivergence.cause }];
}

function divergenceNote({ right }: CompareResult): HTMLElement {
  const divergence = right.firstDivergence;
  if (divergence === null) return h("p", { class: "divergence quiet" }, "The guest-visible traces are identical.");
  return h(
    "p",
    { class: "divergence" },
    h("span", {}, `The traces part at row ${divergence.row + 1}, because of `),
    causeChips(divergence.cause, "divergence"),
  );
}
