import type { StructuresResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import { selectField, toggleField } from "../parts/controls.ts";
import { type ChosenRun, chosenRun, runControls } from "../parts/run-controls.ts";
import { isStack, stackNote } from "../parts/stack-note.ts";
import { comparisonOf, formatRoute } from "../route.ts";
import type { StructuresRoute } from "../run-routes.ts";
import type { View, ViewContext } from "../view.ts";
import { fieldsTable } from "./fields-table.ts";
import { type MomentBar, momentBar } from "./moment-bar.ts";
import { pointerNote } from "./pointer-note.ts";
import { provenanceHint, provenancePanel } from "./provenance-panel.ts";
import { StructureHistory } from "./structure-history.ts";

type Chosen = StructuresRoute & ChosenRun;

/** The control structures of an L0 at any moment of a run, and where each value came from. */
export function structuresView(route: StructuresRoute, context: ViewContext): View {
  const chosen = chosenRun(route, context);
  let lens: Lens | null = null;
  const load = async () => {
    if (isStack(chosen.column)) {
      const why =
        "Each level of a stack of hypervisors has control structures of these names; this view shows those of one.";
      return stackNote(why, chosen.column, (column) => ({ ...chosen, column }));
    }
    lens = new Lens(await context.api.structures(chosen), chosen, context);
    return lens.element;
  };
  return {
    title: `${chosen.scenario}: control structures on ${chosen.column}`,
    controls: runControls(chosen, context, {
      title: "Control structures",
      lead: "What L0 runs L1 with, what L1 made for L2, and what L0 merged of both: at any moment, and where each value came from.",
      change: (part) => context.go({ ...chosen, at: null, ...part }),
    }),
    load: load(),
    onShown: () => lens?.settle(),
    keys: {
      n: () => lens?.bar.nextChange(),
      p: () => lens?.bar.previousChange(),
      j: () => lens?.bar.next(),
      k: () => lens?.bar.previous(),
      "/": () => lens?.search.focus(),
    },
  };
}

/** The lens over one run. */
class Lens {
  readonly element: HTMLElement;
  readonly bar: MomentBar;
  readonly search: HTMLInputElement;
  private readonly history: StructureHistory;
  private readonly result: StructuresResult;
  private readonly context: ViewContext;
  private readonly table = h("div", { class: "structure-fields" });
  private readonly side = h("div", { class: "structure-side" });
  private readonly links = h("div", { class: "structure-links" });
  private route: Chosen & { readonly at: number };

  constructor(result: StructuresResult, route: Chosen, context: ViewContext) {
    this.result = result;
    this.context = context;
    this.history = new StructureHistory(result, route.vcpu);
    this.route = { ...route, at: firstMoment(this.history, route), find: null };
    this.search = this.searchField();
    this.bar = momentBar({
      events: result.events,
      stops: this.history.moments,
      moment: this.route.at,
      onmoment: (at) => this.go({ at }),
    });
    this.element = h(
      "div",
      { class: "structures" },
      this.bar.element,
      h("div", { class: "fields structure-tools" }, this.search, this.allToggle(), this.vcpuField(), this.links),
      h("div", { class: "with-causes" }, this.table, this.side),
    );
    this.draw();
  }

  /** Brings the chosen field into view. */
  settle(): void {
    const cell = this.table.querySelector<HTMLElement>("td.chosen");
    const scroller = this.table.querySelector<HTMLElement>(".structure-scroll");
    if (cell !== null && scroller !== null) scroller.scrollTop = cell.offsetTop - scroller.clientHeight / 3;
  }

  private go(part: Partial<Pick<Chosen, "field" | "bit" | "all">> & { at?: number }): void {
    this.route = { ...this.route, ...part, at: part.at ?? this.route.at };
    this.context.note(this.route);
    this.draw();
  }

  private draw(): void {
    const { result, history, route } = this;
    const structures = history.at(route.at);
    const scroll = this.table.firstElementChild?.scrollTop ?? 0;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined;
    this.table.replaceChildren(
      fieldsTable({
        result,
        structures,
        chosen: route.field,
        all: route.all,
        words: this.search.value,
        onfield: (of, field) => this.go({ field: `${of}.${field}`, bit: null }),
      }),
    );
    if (this.table.firstElementChild !== null) this.table.firstElementChild.scrollTop = scroll;
    if (focused?.startsWith("field-") === true)
      this.table.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.drawLinks();
    const note = pointerNote(result, route.at, route.vcpu);
    this.side.replaceChildren(...(note === null ? [] : [note]), this.provenance());
  }

  private provenance(): HTMLElement {
    const { result, history, route } = this;
    const [of = "", field = ""] = (route.field ?? "").split(".");
    const structures = history.at(route.at);
    if (!structures.some(({ name, at }) => name === of && at !== "")) return provenanceHint();
    return provenancePanel(history.originOf(of, field, route.at), {
      result,
      structures,
      bit: route.bit,
      onmoment: (moment) => this.bar.look(moment),
    });
  }

  private searchField(): HTMLInputElement {
    return h("input", {
      type: "search",
      placeholder: "fields, e.g. cr4",
      "aria-label": "Find fields",
      "data-key": "field-search",
      oninput: () => this.draw(),
    });
  }

  private allToggle(): HTMLElement {
    return toggleField({
      label: "Also fields that are 0",
      key: "all-fields",
      on: this.route.all,
      onchange: (all) => this.go({ all }),
    });
  }

  private vcpuField(): HTMLElement | null {
    const vcpus = [...new Set(this.result.changes.map(({ vcpu }) => vcpu))];
    if (vcpus.length < 2) return null;
    return selectField({
      label: "Virtual processor",
      key: "vcpu",
      value: String(this.route.vcpu),
      choices: vcpus.map((vcpu) => ({ value: String(vcpu), text: String(vcpu) })),
      onchange: (vcpu) => this.context.go({ ...this.route, vcpu: Number(vcpu) }),
    });
  }

  private drawLinks(): void {
    const { scenario, column, cpu, quirks, schedule, vcpu, at } = this.route;
    const run = { scenario, cpu, quirks, schedule };
    const walk = { view: "walk", column, vcpu, at, address: null } as const;
    this.links.replaceChildren(
      h("a", { href: formatRoute({ ...walk, ...run }) }, "Page walk here"),
      h(
        "a",
        { href: formatRoute(comparisonOf({ ...run, left: "metal", right: column })) },
        "What the guest sees of it",
      ),
    );
  }
}

function firstMoment(history: StructureHistory, { at, find, field, bit }: StructuresRoute): number {
  const { events } = history.result;
  if (at !== null) return Math.min(at, Math.max(0, events.length - 1));
  const [of = "", name = ""] = (field ?? "").split(".");
  const set = bit === null ? null : history.firstSet(of, name, bit);
  if (set !== null) return set;
  const found = find === null ? -1 : events.findIndex(({ text }) => text.includes(find));
  if (found >= 0) return found;
  // Something to see: L2 has been entered.
  const entered = events.findIndex(({ kind }) => kind === "vmentry" || kind === "vmrun");
  return Math.max(0, entered);
}
