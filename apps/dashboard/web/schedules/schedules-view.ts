import { countEnds, scheduleTree } from "@hvdiff/charts";
import type { ExploreResult, Finding, ScheduleTree } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { causePanel } from "../parts/cause-panel.ts";
import { selectField } from "../parts/controls.ts";
import { fittedChart } from "../parts/fitted-chart.ts";
import { type ChosenRun, chosenRun, runControls } from "../parts/run-controls.ts";
import { isStack, stackNote } from "../parts/stack-note.ts";
import { comparisonOf, formatRoute } from "../route.ts";
import type { SchedulesRoute } from "../run-routes.ts";
import type { View, ViewContext } from "../view.ts";

type Chosen = SchedulesRoute & ChosenRun;

const EVENTS = ["signal", "host-irq", "irq", "nmi", "turn"];
/** How each end of a schedule is put for people. */
const ENDS = {
  merged: "came back to a known state",
  ended: "came to the end without harm",
  violated: "broke a verdict",
  tried: "begin others only",
} as const;

/** Which moments do harm: the interleavings that a search walked, and the shortest schedule that shows it. */
export function schedulesView(route: SchedulesRoute, context: ViewContext): View {
  const chosen = chosenRun({ ...route, column: route.column ?? signalColumn(context) }, context);
  const change = (part: Partial<SchedulesRoute>) => context.go({ ...chosen, search: false, ...part });
  return {
    title: `${chosen.scenario}: schedules on ${chosen.column}`,
    controls: runControls(chosen, context, {
      title: "Schedules",
      lead: "Something comes from outside before each instruction and each step of L0 in turn. Which moment makes a verdict differ from metal's?",
      change,
      withoutSchedule: true,
      extra: [eventField(chosen, change), boundField(chosen, change), searchButton(chosen, change)],
    }),
    load: load(chosen, context),
  };
}

async function load(chosen: Chosen, context: ViewContext): Promise<HTMLElement> {
  if (isStack(chosen.column)) {
    const why = "Nothing can be scheduled for a stack of hypervisors.";
    return stackNote(why, chosen.column, (column) => ({ ...chosen, column, search: false }));
  }
  return chosen.search ? drawn(await context.api.explore(chosen), chosen) : idle();
}

/** A column with a VMM half, to which a signal could return. */
function signalColumn({ knownColumns }: ViewContext): string | null {
  return knownColumns.find((column) => column.startsWith("kvm@") && column.includes("+")) ?? null;
}

function idle(): HTMLElement {
  return h(
    "div",
    { class: "state" },
    h(
      "p",
      {},
      "A search runs the guest thousands of times; of a small scenario it takes some seconds. What was found is kept.",
    ),
  );
}

function eventField({ events }: Chosen, change: (part: Partial<SchedulesRoute>) => void): HTMLElement {
  return selectField({
    label: "What comes",
    key: "events",
    value: events ?? "signal",
    choices: EVENTS.map((value) => ({ value, text: value })),
    onchange: (value) => change({ events: value === "signal" ? null : value }),
  });
}

function boundField({ bound }: Chosen, change: (part: Partial<SchedulesRoute>) => void): HTMLElement {
  return selectField({
    label: "How often",
    key: "bound",
    value: String(bound ?? 1),
    choices: ["0", "1", "2"].map((value) => ({ value, text: value })),
    onchange: (value) => change({ bound: value === "1" ? null : Number(value) }),
  });
}

function searchButton({ search }: Chosen, change: (part: Partial<SchedulesRoute>) => void): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "search-button",
      "data-key": "search",
      disabled: search,
      onclick: () => change({ search: true }),
    },
    search ? "Searched" : "Search",
  );
}

function drawn(result: ExploreResult, chosen: Chosen): HTMLElement {
  const { finding, tree } = result;
  return h(
    "div",
    { class: "schedules" },
    h(
      "p",
      { class: "summary", role: "status" },
      `${count(result.tried, "schedule")} tried, ${result.merged.toLocaleString("en")} of them up to a state that was known. `,
      finding === null
        ? `None breaks ${result.property}${result.exhaustive ? `; there are no others with up to ${result.bound}.` : ", as far as was searched."}`
        : `${finding.schedule === "" ? "The undisturbed run" : finding.schedule} breaks ${result.property}.`,
    ),
    tree !== undefined && treeSection(tree, finding),
    finding !== null &&
      h(
        "div",
        { class: "with-causes" },
        findingSection(finding, chosen),
        causePanel([{ subject: finding.schedule, cause: causeOf(finding) }]),
      ),
  );
}

function causeOf({ causes }: Finding) {
  return causes.length > 0
    ? ({ kind: "quirks", quirks: causes } as const)
    : ({ kind: "unattributed", reason: "no quirk is needed for it" } as const);
}

/** Positions of the finding's deviations among those tried. */
function pathTo({ tried }: ScheduleTree, finding: Finding | null): number[] {
  if (finding === null) return [];
  const path: number[] = [];
  for (const deviation of finding.schedule.split(",")) {
    const parent = path.at(-1) ?? -1;
    const found = tried.findIndex((branch) => branch.parent === parent && branch.deviation === deviation);
    if (found < 0) break;
    path.push(found);
  }
  return path;
}

function treeSection(tree: ScheduleTree, finding: Finding | null): HTMLElement {
  const picture = h("div", { class: "schedule-picture" });
  const words = h("p", { class: "quiet", role: "status" }, "Click a branch to see what it is.");
  const draw = (chosen: readonly number[]) =>
    picture.replaceChildren(fittedChart(scheduleTree(tree, { document, chosen })));
  picture.addEventListener("click", ({ target }) => {
    const index = target instanceof Element ? target.getAttribute("data-index") : null;
    const branch = tree.tried[Number(index ?? Number.NaN)];
    if (branch === undefined) return;
    words.textContent = `${branch.deviation}: ${ENDS[branch.end]}`;
    draw(branch.parent < 0 ? [Number(index)] : [branch.parent, Number(index)]);
  });
  draw(pathTo(tree, finding));
  return h(
    "section",
    { class: "schedule-tree", "aria-labelledby": "schedule-title" },
    h("div", { class: "section-head" }, h("h2", { id: "schedule-title" }, "What was tried")),
    picture,
    words,
    endsTable(tree),
  );
}

function endsTable({ tried, truncated }: ScheduleTree): HTMLElement {
  const counts = countEnds(tried);
  return h(
    "table",
    { class: "counts-table" },
    h("caption", { class: "sr-only" }, "How the schedules ended"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Schedules that"), h("th", { scope: "col" }, "Number"))),
    h(
      "tbody",
      {},
      ...(["merged", "ended", "violated"] as const).map((end) =>
        h(
          "tr",
          { class: end === "violated" && counts[end] > 0 ? "differs" : null },
          h("th", { scope: "row" }, ENDS[end]),
          h("td", {}, counts[end].toLocaleString("en")),
        ),
      ),
      truncated && h("tr", {}, h("th", { scope: "row" }, "more were tried than are kept"), h("td", {}, "")),
    ),
  );
}

function findingSection(finding: Finding, chosen: Chosen): HTMLElement {
  const { scenario, column, cpu, quirks } = chosen;
  const schedule = finding.schedule === "" ? null : finding.schedule;
  const compare = comparisonOf({ scenario, left: "metal", right: column, cpu, quirks, schedule });
  const structures = {
    view: "structures",
    column,
    vcpu: 0,
    at: null,
    find: "returns to userspace",
    field: null,
    bit: null,
    all: false,
  } as const;
  return h(
    "section",
    { class: "finding", "aria-labelledby": "finding-title" },
    h("h2", { id: "finding-title" }, "The shortest that does harm"),
    h("p", { class: "mono finding-schedule" }, finding.schedule === "" ? "nothing from outside" : finding.schedule),
    h(
      "table",
      { class: "counts-table" },
      h("thead", {}, h("tr", {}, ...["Verdict", "On metal", "Here"].map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        {},
        ...finding.differences.map(({ verdict, metal, here }) =>
          h(
            "tr",
            { class: "differs" },
            h("th", { scope: "row", class: "mono" }, verdict),
            h("td", { class: "mono" }, metal ?? "–"),
            h("td", { class: "mono" }, here ?? "–"),
          ),
        ),
      ),
    ),
    h(
      "p",
      { class: "actions" },
      h("a", { href: formatRoute(compare) }, "Replay it beside metal"),
      h(
        "a",
        { href: formatRoute({ ...structures, scenario, cpu, quirks, schedule }) },
        "Control structures at that moment",
      ),
    ),
    h("p", { class: "quiet" }, "The same on the command line:"),
    h("code", { class: "replay" }, replayLine(chosen, schedule)),
  );
}

function replayLine({ scenario, column, cpu, quirks }: Chosen, schedule: string | null): string {
  const options = [
    ...(cpu === null ? [] : [`--cpu ${cpu}`]),
    ...quirks.map((quirk) => `--quirk ${quirk}`),
    ...(schedule === null ? [] : [`--schedule ${schedule}`]),
  ];
  return ["hvdiff diff", scenario, `--on metal,${column}`, ...options].join(" ");
}
