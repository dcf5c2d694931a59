import { type Child, h } from "../element.ts";
import type { RunChoice } from "../run-routes.ts";
import type { ViewContext } from "../view.ts";
import { cpuField, selectField } from "./controls.ts";

/** A run with nothing left to default. */
export type ChosenRun = RunChoice & { readonly scenario: string; readonly column: string };

/** The scenario and column of a route, or those that one begins with. */
export function chosenRun<R extends RunChoice>(route: R, { choices, scenarios }: ViewContext): R & ChosenRun {
  const isOnL0 = (column: string) => column !== "metal";
  return {
    ...route,
    scenario: route.scenario ?? scenarios[0]?.id ?? "",
    column: route.column ?? choices.defaults.find(isOnL0) ?? "ideal",
  };
}

/** Chooses the run that is looked into: scenario, column, silicon and what comes from outside. */
export function runControls(
  run: ChosenRun,
  context: ViewContext,
  page: {
    title: string;
    lead: string;
    change(part: Partial<RunChoice>): void;
    withoutSchedule?: boolean;
    extra?: Child;
  },
): HTMLElement {
  const { change } = page;
  const names = run.scenario.startsWith("sha256:") ? [run.scenario] : [];
  return h(
    "section",
    { class: "controls" },
    h("div", { class: "title-row" }, h("h1", {}, page.title), h("p", { class: "lead" }, page.lead)),
    h(
      "div",
      { class: "fields" },
      selectField({
        label: "Scenario",
        key: "scenario",
        value: run.scenario,
        choices: [...names, ...context.scenarios.map(({ id }) => id)].map((id) => ({ value: id, text: id })),
        onchange: (scenario) => change({ scenario }),
      }),
      textField(
        { label: "Column", key: "column", value: run.column, offered: context.knownColumns },
        (column) => column !== "" && change({ column }),
      ),
      page.withoutSchedule !== true &&
        textField(
          { label: "From outside", key: "schedule", value: run.schedule ?? "", placeholder: "signal@4253.1" },
          (schedule) => change({ schedule: schedule === "" ? null : schedule }),
        ),
      cpuField(context.choices, run.cpu, (cpu) => change({ cpu })),
      page.extra ?? null,
    ),
    run.quirks.length > 0 &&
      h(
        "ul",
        { class: "chips quirk-chips", "aria-label": "Quirks switched by hand" },
        ...run.quirks.map((quirk) => h("li", { class: "chip" }, h("span", { class: "mono" }, quirk))),
      ),
  );
}

function textField(
  field: {
    readonly label: string;
    readonly key: string;
    readonly value: string;
    readonly offered?: readonly string[];
    readonly placeholder?: string;
  },
  onchange: (text: string) => void,
): HTMLElement {
  const list = field.offered === undefined ? null : `offered-${field.key}`;
  const input = h("input", {
    value: field.value,
    list,
    placeholder: field.placeholder,
    spellcheck: "false",
    autocomplete: "off",
    "data-key": field.key,
    onchange: () => {
      const text = input.value.trim();
      if (text !== field.value) onchange(text);
    },
    // A datalist offers only what matches, so the field is emptied while one chooses.
    onfocus: () => input.select(),
  });
  return h(
    "label",
    { class: "field run-field" },
    h("span", { class: "field-label" }, field.label),
    input,
    list !== null && h("datalist", { id: list }, ...(field.offered ?? []).map((value) => h("option", { value }))),
  );
}
