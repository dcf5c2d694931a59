import type { PageWalkResult, StageWalk, WalkedEntry } from "@hvdiff/lab";
import { type Child, h } from "../element.ts";
import { type ChosenRun, chosenRun, runControls } from "../parts/run-controls.ts";
import { isStack, stackNote } from "../parts/stack-note.ts";
import { formatRoute } from "../route.ts";
import type { WalkRoute } from "../run-routes.ts";
import type { View, ViewContext } from "../view.ts";

type Chosen = WalkRoute & ChosenRun;

/** How a linear address is translated at a moment: the guest's tables down, and each second stage across. */
export function walkView(route: WalkRoute, context: ViewContext): View {
  const chosen = chosenRun(route, context);
  const change = (part: Partial<WalkRoute>) => context.go({ ...chosen, ...part });
  const load = async () => {
    if (!isStack(chosen.column)) return drawn(await context.api.pageWalk(chosen), chosen);
    const why = "In a stack of hypervisors an address goes through more stages than this view draws.";
    return stackNote(why, chosen.column, (column) => ({ ...chosen, column }));
  };
  return {
    title: `${chosen.scenario}: page walk on ${chosen.column}`,
    controls: runControls(chosen, context, {
      title: "Page walk",
      lead: "Down: the guest's own paging structures. Across: where the address of each entry, and of the page at last, really lies, through the tables of the levels below.",
      change,
      extra: [momentField(chosen, change), addressField(chosen, change)],
    }),
    load: load(),
    keys: {
      j: () => change({ at: chosen.at + 1 }),
      k: () => change({ at: Math.max(0, chosen.at - 1) }),
    },
  };
}

function momentField({ at }: Chosen, change: (part: Partial<WalkRoute>) => void): HTMLElement {
  const input = h("input", {
    type: "number",
    min: 1,
    value: at + 1,
    "data-key": "walk-at",
    onchange: () => change({ at: Math.max(0, Math.floor(Number(input.value) || 1) - 1) }),
  });
  return h("label", { class: "field walk-number" }, h("span", { class: "field-label" }, "After event"), input);
}

function addressField({ address }: Chosen, change: (part: Partial<WalkRoute>) => void): HTMLElement {
  const input = h("input", {
    value: address ?? "",
    placeholder: "where the guest is",
    spellcheck: "false",
    "data-key": "walk-address",
    onchange: () => change({ address: input.value.trim() === "" ? null : input.value.trim() }),
  });
  return h("label", { class: "field run-field" }, h("span", { class: "field-label" }, "Linear address"), input);
}

function drawn(walk: PageWalkResult, route: Chosen): HTMLElement {
  const names = [...new Set([...walk.entries.flatMap(({ stages }) => stages), ...walk.stages].map(({ name }) => name))];
  return h(
    "div",
    { class: "walk" },
    momentLine(walk, route),
    pathLine(walk),
    h(
      "div",
      { class: "walk-scroll", tabindex: 0, role: "group", "aria-label": "Page walk" },
      h(
        "table",
        { class: "walk-table" },
        h("caption", {}, `${walk.paging} of L${walk.level}, CR3 `, mono(walk.cr3)),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, `L${walk.level}'s own tables`),
            ...names.map((name) => h("th", { scope: "col" }, `through ${name}`)),
            h("th", { scope: "col" }, "in the host's memory"),
          ),
        ),
        h(
          "tbody",
          {},
          ...walk.entries.map((entry) => rowOf(entryCell(entry), entry.stages, { names, address: entry.address })),
          walk.physical === null
            ? h(
                "tr",
                { class: "walk-lost" },
                h("td", { colspan: names.length + 2 }, "It ends here: these tables map nothing there."),
              )
            : rowOf(pageCell(walk), walk.stages, { names, address: walk.physical }),
        ),
      ),
    ),
  );
}

function momentLine(walk: PageWalkResult, route: Chosen): HTMLElement {
  const structures = { view: "structures", find: null, field: null, bit: null, all: false } as const;
  const { scenario, column, cpu, quirks, schedule, vcpu, at } = route;
  return h(
    "p",
    { class: "walk-moment" },
    `After event ${walk.event + 1}`,
    walk.ended && ", when the run was over",
    ": ",
    h("span", { class: `level level-${walk.level}` }, `L${walk.level} runs`),
    h("span", { class: "quiet" }, ` last: ${walk.text} `),
    column !== "metal" &&
      h(
        "a",
        { href: formatRoute({ ...structures, scenario, column, cpu, quirks, schedule, vcpu, at }) },
        "Control structures here",
      ),
  );
}

/** The whole way in one line. */
function pathLine({ linear, physical, level, stages }: PageWalkResult): HTMLElement {
  const places: [string, string | null][] = [
    [`L${level} linear`, linear],
    [level === 0 ? "physical" : `L${level}-physical`, physical],
    ...stages.map(({ to, result }): [string, string | null] => [to, result]),
  ];
  return h(
    "ol",
    { class: "walk-path" },
    ...places.map(([name, address]) => h("li", {}, h("span", { class: "quiet" }, name), mono(address ?? "nowhere"))),
  );
}

function mono(text: string): HTMLElement {
  return h("span", { class: "mono" }, text);
}

function entryCell({ name, address, value, rights, flags, page }: WalkedEntry): Child {
  return [
    h("span", { class: "walk-entry-name" }, name),
    mono(` at ${address}`),
    h("span", { class: "walk-entry-value mono" }, value),
    h(
      "span",
      { class: "walk-entry-rights" },
      mono(rights),
      flags !== "" && ` ${flags}`,
      page !== null && h("strong", {}, ` maps ${page}`),
    ),
  ];
}

function pageCell({ level, physical }: PageWalkResult): Child {
  return [h("span", { class: "walk-entry-name" }, "The page"), mono(` at ${physical ?? ""}`), ` L${level}-physical`];
}

function rowOf(
  first: Child,
  stages: readonly StageWalk[],
  { names, address }: { names: readonly string[]; address: string },
): HTMLElement {
  const host = stages.length === 0 ? address : (stages.at(-1)?.result ?? null);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, first),
    ...names.map((name) => stageCell(stages.find((stage) => stage.name === name))),
    h("td", { class: host === null ? "lost" : null }, host === null ? "nowhere" : mono(host)),
  );
}

/** One second stage: where it leads, with all its entries on demand. */
function stageCell(stage: StageWalk | undefined): HTMLElement {
  if (stage === undefined) return h("td", { class: "absent" });
  const last = stage.entries.at(-1);
  return h(
    "td",
    { class: stage.result === null ? "lost" : null },
    h("span", { class: "quiet" }, stage.to, " "),
    mono(stage.result ?? "nowhere"),
    h(
      "details",
      {},
      h(
        "summary",
        {},
        mono(last?.rights ?? ""),
        last?.page !== null && last?.page !== undefined && ` ${last.page}`,
        `, ${stage.entries.length} entries`,
      ),
      h("ol", { class: "walk-entries" }, ...stage.entries.map((entry) => h("li", {}, entryCell(entry)))),
    ),
  );
}
