import { h } from "../element.ts";
import { cpuField, selectField } from "../parts/controls.ts";
import type { CompareRoute } from "../route.ts";
import type { ViewContext } from "../view.ts";

/** A comparison with nothing left to default. */
export type Compared = CompareRoute & { readonly scenario: string; readonly left: string; readonly right: string };

/** What is compared, and by which columns. */
export function comparisonControls(route: Compared, context: ViewContext): HTMLElement {
  const change = (part: Partial<CompareRoute>) => context.go({ ...route, row: null, ...part });
  const scenario = context.scenarios.find(({ id }) => id === route.scenario);
  return h(
    "section",
    { class: "controls" },
    h("p", { class: "crumbs" }, h("a", { href: context.matrixLink }, "← Matrix")),
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, scenario?.title ?? route.scenario),
      h("p", { class: "lead" }, scenario?.summary ?? ""),
    ),
    h(
      "div",
      { class: "fields" },
      selectField({
        label: "Scenario",
        key: "scenario",
        value: route.scenario,
        choices: context.scenarios.map(({ id }) => ({ value: id, text: id })),
        onchange: (id) => change({ scenario: id }),
      }),
      columnField({ side: "left", label: "Reference", value: route.left, known: context.offeredColumns }, (left) =>
        change({ left }),
      ),
      h(
        "button",
        {
          type: "button",
          class: "swap",
          "aria-label": "Swap the columns",
          title: "Swap the columns",
          "data-key": "swap",
          onclick: () => change({ left: route.right, right: route.left }),
        },
        "⇄",
      ),
      columnField(
        { side: "right", label: "Compared with", value: route.right, known: context.offeredColumns },
        (right) => change({ right }),
      ),
      othersField(route.others, context.offeredColumns, (others) => change({ others })),
      cpuField(context.choices, route.cpu, (cpu) => change({ cpu })),
    ),
    quirkChips(route, (quirks) => change({ quirks })),
  );
}

function othersField(
  others: readonly string[],
  known: readonly string[],
  onchange: (columns: readonly string[]) => void,
): HTMLElement {
  const input = h("input", {
    value: others.join(", "),
    list: "columns-others",
    placeholder: "further columns",
    spellcheck: "false",
    autocomplete: "off",
    "data-key": "others",
    onchange: () => onchange([...new Set(input.value.split(",").map((column) => column.trim()))].filter(Boolean)),
  });
  return h(
    "label",
    { class: "field column-field" },
    h("span", { class: "field-label" }, "Beside them"),
    input,
    h("datalist", { id: "columns-others" }, ...known.map((column) => h("option", { value: column }))),
  );
}

function columnField(
  field: { side: "left" | "right"; label: string; value: string; known: readonly string[] },
  onchange: (column: string) => void,
): HTMLElement {
  const input = h("input", {
    value: field.value,
    list: `columns-${field.side}`,
    spellcheck: "false",
    autocomplete: "off",
    "data-key": field.side,
    onchange: () => {
      const column = input.value.trim();
      if (column !== "" && column !== field.value) onchange(column);
    },
    // A datalist offers only what matches, so the field is emptied while one chooses.
    onfocus: () => input.select(),
  });
  return h(
    "label",
    { class: `field column-field ${field.side}` },
    h("span", { class: "field-label" }, field.label),
    input,
    h("datalist", { id: `columns-${field.side}` }, ...field.known.map((column) => h("option", { value: column }))),
  );
}

function quirkChips(route: Compared, onchange: (quirks: readonly string[]) => void): HTMLElement | null {
  if (route.quirks.length === 0) return null;
  return h(
    "ul",
    { class: "chips quirk-chips", "aria-label": "Quirks switched by hand" },
    ...route.quirks.map((quirk) =>
      h(
        "li",
        { class: "chip" },
        h("span", { class: "chip-role" }, quirk.startsWith("-") ? "without" : "with"),
        h("span", { class: "mono" }, quirk.replace(/^[+-]/, "")),
        h(
          "button",
          {
            type: "button",
            class: "chip-remove",
            "aria-label": `No longer switch ${quirk.replace(/^[+-]/, "")} by hand`,
            onclick: () => onchange(route.quirks.filter((other) => other !== quirk)),
          },
          "×",
        ),
      ),
    ),
  );
}
